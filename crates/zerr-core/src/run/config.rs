//! The rules of a run, fixed at its start and part of its log. Main type: [`RunConfig`].

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::calibrate::Chance;
use crate::scope::Scope;
use crate::vote::{Prior, PriorSource};

/// The rules of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// The reliability t in (0, 1) that the whole is to reach.
    pub target: f64,
    /// Most samples a step, red flags included.
    pub samples_max: u32,
    /// Most samples a wave of a function step; the least are half as many.
    pub wave: u32,
    /// Draws of a step without one survivor after which it is given up.
    pub hopeless_after: u32,
    /// The seed of all seeds.
    pub seed: u64,
    /// Temperature of every draw but the first, which is greedy.
    pub temperature: f32,
    /// Most steps that are in work at once.
    pub window: u32,
    /// Most inputs from types, examples, contracts and constants.
    pub inputs_max: u32,
    /// Inputs added that search for differences.
    pub inputs_widen: u32,
    /// Most mutants of a winner.
    pub mutants_max: u32,
    /// Share of mutants that the oracles must kill, in [0, 1].
    pub strength_min: f64,
    /// Same run, same bytes.
    pub drawing: Drawing,
    /// How far the formal layer goes.
    #[serde(default)]
    pub formal: FormalDepth,
    /// What is done with the accepted part of a run that is not accepted as a whole.
    pub completeness: Completeness,
    /// What is believed of the model, by role and language.
    pub priors: Vec<RolePrior>,
    /// What the model says that it knows; `None` when it says nothing.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Descriptions of a winner that nobody's examples or contracts judge, which the model is asked for and
    /// which are held against what it was to do; none where `scope` says nothing.
    #[serde(default)]
    pub descriptions: u32,
    /// Samples that are drawn of a winner's function in the other language, where nobody's examples or
    /// contracts judge it; 0 for none.
    #[serde(default)]
    pub witnesses: u32,
    /// Languages in which the model is asked for calls on which two texts of a winner might differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinguish: Vec<Language>,
    /// Another model that is asked for every winner's function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondModel>,
    /// Where no class of a function leads by k, whether the one that agrees most with all candidates is
    /// taken. Only where a confidence decides what is accepted, or where one is to be learnt.
    #[serde(default)]
    pub fragments: bool,
    /// Which rules a race goes by, so that logs of older ones come to the same end: since 1 races end when
    /// they are lost, and few valid samples among many that are none count for less.
    #[serde(default)]
    pub race_rules: u32,
    /// Used where `priors` says nothing.
    pub assumed_p: f64,
    /// From which confidence on a function is accepted, by language; empty where no risk was stated.
    #[serde(default)]
    pub acceptance: Vec<Acceptance>,
    /// How often functions of a language were right when the model was calibrated, where no risk was stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibrated: Vec<(Language, Vec<Chance>)>,
}

/// A model that is a witness: asked for functions that another one has written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondModel {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Versions of the function prompt that it lists; `None` without a card.
    pub prompt_versions: Option<Vec<u32>>,
}

/// A confidence that keeps a stated risk, found by calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Of which functions.
    pub language: Language,
    /// The least confidence that is accepted.
    pub least: f64,
    /// The share of accepted functions that may be wrong, from 0 to 1.
    pub risk: f64,
    /// The chance that this does not hold.
    pub error: f64,
    /// Decisions with a known outcome that it rests on.
    pub known: u32,
    /// How often those were right, by their confidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chances: Vec<Chance>,
}

/// How samples are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// As they fit beside each other.
    Continuous,
    /// Each step in waves of fixed shape, alone in the batch.
    Deterministic,
}

/// How far the formal layer goes for a winner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormalDepth {
    /// It does not look.
    Off,
    /// Functions over numbers and truth values, three seconds a question to the solver.
    #[default]
    Quick,
    /// Every function, with larger domains, ten seconds a question, and `CrossHair` for Python.
    Full,
}

/// Whether accepted functions count when others are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// All or nothing.
    Whole,
    /// Accepted functions are assembled without the others.
    Partial,
}

/// A prior for one role and language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolePrior {
    /// Such as `function`.
    pub role: String,
    /// `None` for all languages.
    pub language: Option<Language>,
    /// What is believed.
    pub prior: Prior,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            target: 0.95,
            samples_max: 64,
            wave: 8,
            hopeless_after: 24,
            seed: 0,
            temperature: 0.7,
            window: 16,
            inputs_max: 64,
            inputs_widen: 32,
            mutants_max: 16,
            strength_min: 0.75,
            drawing: Drawing::Continuous,
            formal: FormalDepth::default(),
            completeness: Completeness::Whole,
            priors: Vec::new(),
            scope: None,
            descriptions: 0,
            witnesses: 0,
            distinguish: Vec::new(),
            second: None,
            fragments: false,
            race_rules: 1,
            assumed_p: 0.6,
            acceptance: Vec::new(),
            calibrated: Vec::new(),
        }
    }
}

impl RunConfig {
    /// The prior for a role and language.
    pub fn prior(&self, role: &str, language: Option<Language>) -> Prior {
        self.priors
            .iter()
            .find(|row| row.role == role && (row.language.is_none() || row.language == language))
            .map_or(Prior::new(self.assumed_p, PriorSource::Assumed), |row| row.prior.clone())
    }
}
