//! Generating with splits: functions that could not be written as they are, are taken apart by the
//! model, the parts are written first, and then the functions again. Main methods:
//! [`Engine::generate`], [`Engine::decompose`].
//!
//! # Invariants
//! - A split is a spec like any other: its parts are voted on and verified like functions that a
//!   person asked for, and a function that calls them still has to meet its own oracles.
//! - Depth and size are bounded: at most `split_depth` rounds, at most [`FUNCTIONS_MAX`] functions.

use std::collections::BTreeSet;

use zerr_core::event::SpecSource;
use zerr_core::plan::{Purpose, StepKind};
use zerr_core::prompt::Role;
use zerr_core::report;
use zerr_core::run::Reason;
use zerr_core::spec::{self, Spec};
use zerr_core::split::{Split, Splits};

use crate::card::Card;
use crate::engine::{Engine, GenerateRequest, RunResult};
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// A spec is split no further when it has this many functions.
pub(crate) const FUNCTIONS_MAX: usize = 64;

/// What became of a spec that was to be taken apart.
#[derive(Debug)]
pub struct Decomposed {
    /// The spec with the parts in it, for people to edit; as it was where nothing was split.
    pub text: String,
    /// The functions and parts that were split, with the names of their parts.
    pub splits: Vec<(String, Vec<String>)>,
    /// The runs that decided, one a round; the last one may have found nothing more to split.
    pub rounds: Vec<RunResult>,
}

impl Engine {
    /// Generates and verifies; returns when the run is settled, stopped or interrupted. Functions
    /// that end undecided are split and tried again, as often as the request allows.
    ///
    /// # Errors
    /// What keeps a run from being started or its journal from being written.
    pub fn generate(
        &self,
        request: &GenerateRequest,
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<RunResult, EngineError> {
        let mut result = self.run_once(request, Purpose::Write, watch, interrupt)?;
        let mut request = request.clone();
        // A hole is one function in a file: parts of it have no place there.
        let rounds = match request.source {
            SpecSource::Yaml { .. } => request.split_depth,
            SpecSource::Hole { .. } => 0,
        };
        for _ in 0..rounds {
            let stuck = stuck(&result);
            if stuck.is_empty()
                || interrupt.is_stopped()
                || result.run.cut_short().is_some()
                || !self.can_split(watch)?
            {
                break;
            }
            let split = self.run_once(&request, split_of(&stuck), watch, interrupt)?;
            let Some(source) = split_source(&request.source, &splits(&split))? else { break };
            watch(&Progress::Note(format!("split {} into parts", stuck.join(", "))));
            request.source = source;
            result = self.run_once(&request, Purpose::Write, watch, interrupt)?;
        }
        Ok(result)
    }

    /// Takes functions apart without writing any. `names` are the functions to split; all of the
    /// spec when it is empty. Parts are split again, `split_depth` rounds deep.
    ///
    /// # Errors
    /// What keeps a run from being started or its journal from being written.
    pub fn decompose(
        &self,
        request: &GenerateRequest,
        names: &[String],
        watch: &mut dyn FnMut(&Progress),
        interrupt: &Interrupt,
    ) -> Result<Decomposed, EngineError> {
        let specs = report::specs_of(&request.source).map_err(EngineError::Spec)?;
        if !self.can_split(watch)? {
            let model = self.sampler(watch)?.model().name.clone();
            return Err(EngineError::OtherRole { model, role: Role::Decompose.name() });
        }
        let mut request = request.clone();
        let mut wanted: Vec<String> = if names.is_empty() {
            specs
                .iter()
                .take(1)
                .flat_map(|spec| &spec.functions)
                .map(|function| function.name.clone())
                .collect()
        } else {
            names.to_vec()
        };
        let mut decomposed = Decomposed {
            text: spec::write(&specs, &Splits::new()),
            splits: Vec::new(),
            rounds: Vec::new(),
        };
        for _ in 0..request.split_depth.max(1) {
            let round = self.run_once(&request, split_of(&wanted), watch, interrupt)?;
            let splits = splits(&round);
            decomposed.rounds.push(round);
            let Some(source) = split_source(&request.source, &splits)? else { break };
            wanted = splits.values().flatten().map(|part| part.signature.name.clone()).collect();
            decomposed.splits.extend(splits.into_iter().map(|(name, parts)| {
                (name, parts.into_iter().map(|part| part.signature.name).collect())
            }));
            if let SpecSource::Yaml { text, .. } = &source {
                decomposed.text.clone_from(text);
            }
            request.source = source;
            if interrupt.is_stopped() {
                break;
            }
        }
        Ok(decomposed)
    }

    /// Whether the model was made for splitting, as far as it says.
    fn can_split(&self, watch: &mut dyn FnMut(&Progress)) -> Result<bool, EngineError> {
        let sampler = self.sampler(watch)?;
        let card = Card::of(sampler.model().card.as_ref());
        Ok(card.is_none_or(|card| card.plays(Role::Decompose)))
    }
}

fn split_of(names: &[String]) -> Purpose {
    Purpose::Split { functions: names.to_vec() }
}

/// Functions that the model could not write: not those that merely call one that failed.
fn stuck(result: &RunResult) -> Vec<String> {
    let names: BTreeSet<&str> = result
        .run
        .finished()
        .filter(|step| {
            matches!(
                step.settled.reason,
                Some(
                    Reason::OutsideScope { .. }
                        | Reason::AllFlagged { .. }
                        | Reason::NoSurvivor { .. }
                        | Reason::AllRefuted { .. }
                        | Reason::LowConfidence { .. }
                        | Reason::SamplesSpent { .. }
                )
            )
        })
        .map(|step| step.name.as_str())
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The splits that a run decided on.
fn splits(result: &RunResult) -> Splits {
    let mut splits = Splits::new();
    for step in result.run.finished() {
        let (StepKind::Split(function), Some(text)) = (&step.kind, &step.settled.source) else {
            continue;
        };
        if let Ok(Split::Parts(parts)) = Split::read(function, text) {
            splits.insert(function.name.clone(), parts);
        }
    }
    splits
}

/// The spec with its parts; `None` where nothing was split, or where the result would be no spec:
/// names that are taken, or more functions than are bearable.
fn split_source(source: &SpecSource, splits: &Splits) -> Result<Option<SpecSource>, EngineError> {
    let specs: Vec<Spec> = report::specs_of(source).map_err(EngineError::Spec)?;
    let count = |specs: &[Spec]| specs.first().map_or(0, |spec| spec.functions.len());
    if splits.is_empty() {
        return Ok(None);
    }
    let text = spec::write(&specs, splits);
    let name = match source {
        SpecSource::Yaml { name, .. } | SpecSource::Hole { name, .. } => name.clone(),
    };
    let source = SpecSource::Yaml { name, text, language: None };
    Ok(match report::specs_of(&source) {
        Ok(specs) if count(&specs) <= FUNCTIONS_MAX => Some(source),
        _ => None,
    })
}
