//! Generating with splits: functions that could not be written as they are, are taken apart by the
//! model, the parts are written first, and then the functions again. Main methods:
//! [`Engine::generate`], [`Engine::decompose`].
//!
//! # Invariants
//! - A split is a spec like any other: its parts are voted on like functions that a person asked
//!   for, and a function that calls them still has to meet its own oracles. Contracts that a model
//!   wrote for its parts do not judge them: such parts are agreed at best, until a person took the
//!   spec that `decompose` shows for their own.
//! - Depth and size are bounded: at most `split_depth` rounds, at most [`FUNCTIONS_MAX`] functions.

use std::collections::BTreeSet;
use std::time::Instant;

use zerr_core::event::SpecSource;
use zerr_core::plan::{Purpose, StepKind};
use zerr_core::prompt::Role;
use zerr_core::report;
use zerr_core::run::Reason;
use zerr_core::spec::{self, Spec};
use zerr_core::split::{Part, Split, Splits};

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
    /// Functions whose parts do not fit into the spec, and why.
    pub dropped: Vec<(String, String)>,
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
        let started = Instant::now();
        let mut result = self.run_once(request, Purpose::Write, watch, interrupt)?;
        let mut request = request.clone();
        // One limit for all runs together.
        let limit = request.time_limit_ms;
        let left = move || {
            limit.map(|limit| limit.saturating_sub(started.elapsed().as_millis() as u64).max(1))
        };
        // A hole is one function in a file: parts of it have no place there.
        let rounds = match request.source {
            // A risk is known of functions that are written in one piece.
            SpecSource::Yaml { .. } if request.risk.is_some() => 0,
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
            request.time_limit_ms = left();
            let split = self.run_once(&request, split_of(&stuck), watch, interrupt)?;
            if split.run.cut_short().is_some() {
                break;
            }
            // What a model says of its own parts may not judge them: nobody confirmed it.
            let proposed = without_contracts(splits(&split));
            let taken = take_in(&request.source, proposed)?;
            for (name, why) in &taken.dropped {
                watch(&Progress::Note(format!("the parts of {name} are left out: {why}")));
            }
            let Some(source) = taken.source else { break };
            let names: Vec<&str> = taken.splits.keys().map(String::as_str).collect();
            watch(&Progress::Note(format!("split {} into parts", names.join(", "))));
            request.source = source;
            request.time_limit_ms = left();
            let again = self.run_once(&request, Purpose::Write, watch, interrupt)?;
            // A round that ran out of time is no better than what is there already.
            if again.run.cut_short().is_some() && !interrupt.is_stopped() {
                break;
            }
            result = again;
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
            dropped: Vec::new(),
            rounds: Vec::new(),
        };
        for _ in 0..request.split_depth.max(1) {
            let round = self.run_once(&request, split_of(&wanted), watch, interrupt)?;
            let taken = take_in(&request.source, splits(&round))?;
            decomposed.rounds.push(round);
            decomposed.dropped.extend(taken.dropped);
            let Some(source) = taken.source else { break };
            let names = |parts: Vec<Part>| -> Vec<String> {
                parts.into_iter().map(|part| part.signature.name).collect()
            };
            let round: Vec<(String, Vec<String>)> =
                taken.splits.into_iter().map(|(name, parts)| (name, names(parts))).collect();
            wanted = round.iter().flat_map(|(_, parts)| parts.iter().cloned()).collect();
            decomposed.splits.extend(round);
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
        .filter(|step| match &step.settled.reason {
            // What only its name speaks against would get parts of a task that it is not.
            Some(Reason::OutsideScope { words, .. }) => !words.is_empty(),
            Some(
                Reason::AllFlagged { .. }
                | Reason::NoSurvivor { .. }
                | Reason::AllRefuted { .. }
                | Reason::LowConfidence { .. }
                | Reason::SamplesSpent { .. },
            ) => true,
            _ => false,
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

/// Parts without what their proposer says that holds of them.
fn without_contracts(mut splits: Splits) -> Splits {
    for part in splits.values_mut().flatten() {
        part.requires.clear();
        part.ensures.clear();
    }
    splits
}

/// What a spec became.
struct TakenIn {
    /// The spec with the parts; `None` where nothing was split.
    source: Option<SpecSource>,
    splits: Splits,
    dropped: Vec<(String, String)>,
}

/// Adds one split after the other; those that would make the spec none (names that are taken,
/// more functions than are bearable) are left out.
fn take_in(source: &SpecSource, proposed: Splits) -> Result<TakenIn, EngineError> {
    let specs: Vec<Spec> = report::specs_of(source).map_err(EngineError::Spec)?;
    let name = match source {
        SpecSource::Yaml { name, .. } | SpecSource::Hole { name, .. } => name.clone(),
    };
    let mut taken = TakenIn { source: None, splits: Splits::new(), dropped: Vec::new() };
    for (function, parts) in proposed {
        let mut splits = taken.splits.clone();
        splits.insert(function.clone(), parts);
        let text = spec::write(&specs, &splits);
        let why = match spec::parse(text.as_bytes(), &name) {
            Ok(specs) if specs.iter().all(|spec| spec.functions.len() <= FUNCTIONS_MAX) => None,
            Ok(_) => Some(format!("more than {FUNCTIONS_MAX} functions")),
            Err(errors) => errors.first().map(|error| error.message.clone()),
        };
        if let Some(why) = why {
            taken.dropped.push((function, why));
            continue;
        }
        taken.splits = splits;
        taken.source = Some(SpecSource::Yaml { name: name.clone(), text, language: None });
    }
    Ok(taken)
}
