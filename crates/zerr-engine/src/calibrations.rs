//! What became of a model's accepted functions, and the confidence that keeps a stated risk:
//! [`Calibration`].
//!
//! They lie in the user's own folder, one file a model: a repository may not say for its reader how
//! good a model is.
//!
//! # Invariants
//! A risk that cannot be promised is refused before a sample is drawn.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zerr_core::calibrate::{Chance, Known, Promise, Threshold, chances, held_out, threshold};
use zerr_core::event::SpecSource;
use zerr_core::run::{Acceptance, RolePrior, RunConfig};
use zerr_core::spec::Spec;
use zerr_core::verdict::Verdict;
use zerr_llm::ModelInfo;
use zerr_store::dirs::Dirs;
use zerr_syntax::Language;

use crate::error::EngineError;

/// The chance that a promised risk does not hold.
pub const PROMISE_ERROR: f64 = 0.1;

/// The version of what a confidence is made of: since 2 it is less beside an open question, since 3 inputs are
/// searched where candidates differ, and decisions count, since 4 descriptions suggest inputs.
const CONFIDENCE: u32 = 4;

/// Splits into folds that a promise is tried on.
pub const SPLITS: u64 = 20;

/// Risks that are looked through when the asked one cannot be promised, in per cent.
const RISKS: std::ops::RangeInclusive<u32> = 1..=50;

/// An accepted function whose outcome became known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The task.
    pub task: String,
    /// What it was written in.
    pub language: Language,
    /// *Verified* or *agreed*.
    pub verdict: Verdict,
    /// How sure the race was, from 0 to 1.
    pub confidence: f64,
    /// Whether it is right.
    pub right: bool,
}

/// Everything that is known of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Its name.
    pub model: String,
    /// Its file's hash.
    pub sha256: String,
    /// The hash of the second model's file, where one was asked as a witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<String>,
    /// The rules of the runs, and what made them: other rules, other confidences.
    pub rules: String,
    /// Tasks that were tried, accepted or not.
    pub tasks: u32,
    /// The accepted ones.
    pub decisions: Vec<Decision>,
    /// What single samples were worth, by language.
    #[serde(default)]
    pub beliefs: Vec<RolePrior>,
}

impl Calibration {
    fn path(sha256: &str, second: Option<&str>) -> Option<PathBuf> {
        let dirs = Dirs::from_env().ok()?;
        let plain =
            |hash: &str| hash.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let models: Vec<String> = [sha256].into_iter().chain(second).map(plain).collect();
        let name = models.join("-");
        Some(dirs.data.join("calibrations").join(format!("{name}.json")))
    }

    /// The calibration of a model beside a second one or alone, if somebody made one.
    pub fn of(sha256: &str, second: Option<&str>) -> Option<Self> {
        let text = std::fs::read_to_string(Self::path(sha256, second)?).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes it where runs look for it, and says where that is.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self) -> std::io::Result<PathBuf> {
        let path = Self::path(&self.sha256, self.second.as_deref())
            .ok_or_else(|| std::io::Error::other("this user has no folder for data"))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        // Whoever reads meanwhile reads the old one.
        let part = path.with_extension(format!("{}.part", std::process::id()));
        std::fs::write(&part, text)?;
        std::fs::rename(&part, &path)?;
        Ok(path)
    }

    /// What a run believes of the model in place of its card, where its samples are drawn and judged as those
    /// of the calibration were. Runs whose confidence is held against a threshold do not: the threshold is of
    /// runs that believed the card.
    fn believed(&self, config: &mut RunConfig) {
        let as_calibrated = RunConfig {
            target: zerr_core::spec::RELIABILITY_DEFAULT,
            fragments: true,
            second: config.second.clone().filter(|_| self.second.is_some()),
            ..config.clone()
        };
        if self.rules == rules(&as_calibrated) {
            // In front: rows without a language speak for all.
            config.priors.splice(0..0, self.beliefs.iter().cloned());
        }
    }

    fn known(&self, language: Language) -> Vec<Known> {
        let own = self.decisions.iter().filter(|one| one.language == language);
        own.map(|one| Known { confidence: one.confidence, right: f64::from(u8::from(one.right)) })
            .collect()
    }

    /// The confidence from which on functions of a language are accepted at a risk, if that can be
    /// promised.
    pub fn threshold(&self, language: Language, risk: f64) -> Option<Threshold> {
        threshold(&self.known(language), Promise { risk, error: PROMISE_ERROR })
    }

    /// How many functions of a language are accepted at a risk by thresholds of tasks other than theirs, and how
    /// many of those are wrong: means over [`SPLITS`] splits into folds.
    pub fn held_out(&self, language: Language, risk: f64) -> (f64, f64) {
        let tasks = self.decisions.iter().filter(|one| one.language == language);
        let tasks: Vec<&str> = tasks.map(|one| one.task.as_str()).collect();
        let known = self.known(language);
        let promise = Promise { risk, error: PROMISE_ERROR };
        let (mut all, mut wrong) = (0.0, 0.0);
        for split in 0..SPLITS {
            let accepted = held_out(&known, &tasks, promise, split);
            for (one, _) in known.iter().zip(accepted).filter(|(_, is_accepted)| *is_accepted) {
                all += 1.0;
                wrong += 1.0 - one.right;
            }
        }
        (all / SPLITS as f64, wrong / SPLITS as f64)
    }

    /// How often its functions of a language were right, by their confidence.
    pub fn chances(&self, language: Language) -> Vec<Chance> {
        chances(&self.known(language))
    }

    /// The same as a rule of a run.
    ///
    /// # Errors
    /// Why the risk cannot be promised, in words.
    pub fn acceptance(&self, language: Language, risk: f64) -> Result<Acceptance, String> {
        let known = self.known(language);
        if let Some(found) = self.threshold(language, risk) {
            return Ok(Acceptance {
                language,
                least: found.confidence,
                risk,
                error: PROMISE_ERROR,
                known: known.len() as u32,
                chances: self.chances(language),
            });
        }
        let wrong = known.iter().filter(|one| one.right < 1.0).count();
        let count = known.len();
        let possible = RISKS
            .map(|percent| f64::from(percent) / 100.0)
            .find(|risk| self.threshold(language, *risk).is_some());
        let rest = match possible {
            Some(least) => format!("the least risk that can be promised is {least}"),
            None => "no risk can be promised".to_owned(),
        };
        Err(format!(
            "{count} accepted {language} functions of this model are known, {wrong} of them wrong: {rest}"
        ))
    }
}

/// What confidences depend on besides model and task.
pub fn rules(config: &RunConfig) -> String {
    let shape = (
        (config.target, config.samples_max, config.wave, config.hopeless_after),
        (config.temperature, config.inputs_max, config.inputs_widen, config.mutants_max),
        (config.strength_min, config.drawing, config.formal, config.fragments),
        config.second.as_ref().map(|second| &second.sha256),
    );
    let shape = serde_json::to_string(&shape).unwrap_or_default();
    let prompt = zerr_core::prompt::FUNCTION_VERSIONS.last().copied().unwrap_or_default();
    let probes = zerr_core::run::PROBES;
    let version = env!("CARGO_PKG_VERSION");
    format!("zerr {version}, confidence {CONFIDENCE}, prompt {prompt}, probes {probes}, {shape}")
}

/// What a run without a stated risk takes from a calibration: what is believed of samples and, where the run is
/// of one function by itself under the same rules, how often such were right.
pub(crate) fn believe(
    model: &ModelInfo,
    source: &SpecSource,
    specs: &[Spec],
    config: &mut RunConfig,
) {
    let second = config.second.as_ref().map(|it| it.sha256.as_str());
    let own = Calibration::of(&model.sha256, second);
    let Some(calibration) = own.or_else(|| Calibration::of(&model.sha256, None)) else { return };
    let as_with_a_risk = RunConfig { fragments: true, ..config.clone() };
    let language =
        alone(source, specs).ok().filter(|_| calibration.rules == rules(&as_with_a_risk));
    calibration.believed(config);
    config.calibrated = language.map(|it| (it, calibration.chances(it))).into_iter().collect();
}

/// The language of the one function by itself that is asked for.
///
/// # Errors
/// Why nothing is known of it by calibrations.
fn alone(source: &SpecSource, specs: &[Spec]) -> Result<Language, &'static str> {
    if matches!(source, SpecSource::Hole { project: Some(_), .. }) {
        return Err("no calibration knows functions in their projects");
    }
    let functions: usize = specs.iter().map(|spec| spec.functions.len()).sum();
    let language = specs.first().map(|spec| spec.language).filter(|_| functions == 1);
    language.ok_or("it is known of one function in one language, and these are several")
}

/// The rule that keeps a risk in a run of one function by itself, which is what calibrations are made of.
pub(crate) fn acceptance(
    model: &ModelInfo,
    source: &SpecSource,
    specs: &[Spec],
    config: &RunConfig,
    risk: f64,
) -> Result<Acceptance, EngineError> {
    let refused = |why: String| EngineError::NoPromise { risk, why };
    let language = alone(source, specs).map_err(|why| refused(why.to_owned()))?;
    let second = config.second.as_ref();
    let calibration = Calibration::of(&model.sha256, second.map(|it| it.sha256.as_str()));
    let calibration = calibration.ok_or_else(|| {
        let beside = second.map_or_else(String::new, |it| format!(" beside `{}`", it.name));
        refused(format!("the model `{}` is not calibrated{beside}", model.name))
    })?;
    if calibration.rules != rules(config) {
        return Err(refused("its calibration is of runs with other settings".to_owned()));
    }
    calibration.acceptance(language, risk).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(outcomes: &[(f64, bool)]) -> Calibration {
        let decision = |(confidence, right): &(f64, bool)| Decision {
            task: "t".to_owned(),
            language: Language::Python,
            verdict: Verdict::Agreed,
            confidence: *confidence,
            right: *right,
        };
        Calibration {
            model: "m".to_owned(),
            sha256: "ab".to_owned(),
            second: None,
            rules: rules(&RunConfig::default()),
            tasks: 100,
            decisions: outcomes.iter().map(decision).collect(),
            beliefs: Vec::new(),
        }
    }

    #[test]
    fn what_was_measured_stands_before_the_card_where_runs_are_alike() {
        let of = |p: f64, language: Option<Language>| RolePrior {
            role: "function".to_owned(),
            language,
            prior: zerr_core::vote::Prior::new(p, zerr_core::vote::PriorSource::Card),
        };
        let as_made = RunConfig {
            target: zerr_core::spec::RELIABILITY_DEFAULT,
            fragments: true,
            ..RunConfig::default()
        };
        let mut known = calibration(&[]);
        known.rules = rules(&as_made);
        known.beliefs = vec![of(0.4, Some(Language::Python))];
        let p_of = |config: RunConfig| {
            let mut config = RunConfig { priors: vec![of(0.9, None)], ..config };
            known.believed(&mut config);
            let percent = |it| (100.0 * config.prior("function", Some(it)).p).round() as u32;
            [Language::Python, Language::Rust].map(percent)
        };
        assert_eq!(p_of(RunConfig { target: 0.99, ..RunConfig::default() }), [40, 90]);
        assert_eq!(p_of(RunConfig { temperature: 0.2, ..RunConfig::default() }), [90, 90]);
    }

    #[test]
    fn a_risk_that_the_known_outcomes_support_has_a_threshold_and_others_say_why_not() {
        let mut outcomes = vec![(0.9, true); 40];
        outcomes.extend(vec![(0.2, false); 20]);
        let known = calibration(&outcomes);
        let found = known.acceptance(Language::Python, 0.1).unwrap();
        assert!(found.least > 0.2 && found.least <= 0.9, "{found:?}");
        assert_eq!(found.known, 60);
        let why = known.acceptance(Language::Python, 0.01).unwrap_err();
        assert!(why.contains("60 accepted") && why.contains("20 of them wrong"), "{why}");
        assert!(why.contains("the least risk that can be promised is 0.06"), "{why}");
        let why = known.acceptance(Language::Rust, 0.1).unwrap_err();
        assert!(why.contains("no risk can be promised"), "{why}");
    }
}
