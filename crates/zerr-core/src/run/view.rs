//! How the steps of a run stand, for progress. Main type: [`StepView`].

use zerr_syntax::Language;

use crate::run::Finished;
use crate::run::step::Step;
use crate::verdict::Verdict;

/// One step as a person watches it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Position in the plan.
    pub index: u64,
    /// Its name.
    pub name: String,
    /// Its target language.
    pub language: Option<Language>,
    /// A word for what is going on: `sampling`, `waiting`, `running`, `refuting`, `settled`.
    pub phase: &'static str,
    /// Once it is settled.
    pub verdict: Option<Verdict>,
    /// Samples that arrived.
    pub samples: u32,
    /// Samples that are wanted by now.
    pub wanted: u32,
    /// Red flags among them.
    pub red_flags: u32,
    /// The margin asked for.
    pub k: Option<u32>,
    /// Votes by class, most first.
    pub classes: Vec<ClassView>,
}

/// One class in the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassView {
    /// Its votes.
    pub votes: u32,
}

impl StepView {
    pub(super) fn of_step(step: &Step) -> Self {
        let mut votes: Vec<u32> = step.race.classes.iter().map(|class| class.votes).collect();
        votes.sort_unstable_by_key(|votes| std::cmp::Reverse(*votes));
        Self {
            index: step.index,
            name: step.draft.name.clone(),
            language: step.draft.kind.language(),
            phase: step.phase_name(),
            verdict: step.settled().map(|settled| settled.verdict),
            samples: step.arrived(),
            wanted: step.taken as u32,
            red_flags: step.race.flags.values().sum(),
            k: step.race.margin.map(crate::vote::Margin::get),
            classes: votes.into_iter().map(|votes| ClassView { votes }).collect(),
        }
    }

    pub(super) fn of_finished(finished: &Finished) -> Self {
        let settled = &finished.settled;
        Self {
            index: finished.index,
            name: finished.name.clone(),
            language: finished.kind.language(),
            phase: "settled",
            verdict: Some(settled.verdict),
            samples: settled.drawn,
            wanted: settled.drawn,
            red_flags: settled.red_flags.values().sum(),
            k: settled.k,
            classes: settled.classes.iter().map(|class| ClassView { votes: class.votes }).collect(),
        }
    }
}
