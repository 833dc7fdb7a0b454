//! The log of a run: everything that came from outside, in order. Main types: [`Stamped`],
//! [`Event`].
//!
//! # Invariants
//! A run and its report are pure functions of this log. Nothing here holds a path of the machine.

use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::observe::Outcome;
use crate::plan::Purpose;
use crate::prompt::RawReply;
use crate::run::RunConfig;
use crate::value::Value;
use crate::verdict::{LayerOutcome, ToolVersion};
use crate::witness::Testimony;

/// The version of the log's form; a log with another one is not replayed.
pub const LOG_VERSION: u32 = 2;

/// An event and when it was recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stamped {
    /// Milliseconds since 1970, from the engine's clock.
    pub unix_ms: u64,
    /// What happened.
    pub event: Event,
}

/// What can happen to a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The first event of every log.
    Started(Box<Started>),
    /// The model gave one reply.
    Sampled {
        /// Position of the step in the plan.
        step: u64,
        /// The prompt it answers; a reply to a prompt that was rolled back is not counted.
        prompt: Hash,
        /// Index of the draw, from 0.
        draw: u32,
        /// What came back.
        reply: RawReply,
    },
    /// The sampler has no more replies for a step: what it gave has to do.
    Exhausted {
        /// Position of the step in the plan.
        step: u64,
        /// The prompt that they answer.
        prompt: Hash,
        /// Replies that there are, those with an index below this.
        available: u32,
    },
    /// Sources were run on inputs.
    Observed {
        /// Position of the step in the plan.
        step: u64,
        /// The code it ran beside; observations beside other code are not counted.
        context: Hash,
        /// The sources, by hash.
        sources: Vec<Hash>,
        /// The arguments of each call.
        inputs: Vec<Vec<Value>>,
        /// What each source did, in the order of `sources`.
        results: Vec<Outcome>,
    },
    /// Layers looked at one source.
    Checked {
        /// Position of the step in the plan.
        step: u64,
        /// The code it stood beside.
        context: Hash,
        /// The source, by hash.
        source: Hash,
        /// What the layers say.
        layers: Vec<LayerOutcome>,
        /// What the model says that the source does, as often as it was asked.
        #[serde(default)]
        said: Vec<String>,
        /// What others that were asked for the same function do.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        heard: Vec<Testimony>,
        /// Calls on which the source and another text of its class might differ, as the model says.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        probes: Vec<String>,
    },
    /// The assembled file of one language was checked.
    WholeChecked {
        /// `rust` or `python`.
        language: zerr_syntax::Language,
        /// The text that would be written.
        text: String,
        /// What the layers say of it.
        layers: Vec<LayerOutcome>,
        /// Every function's examples, run in the assembled file: name, then what came out.
        examples: Vec<(String, Outcome)>,
    },
    /// An action could not be done; the step ends undecided with this reason.
    Failed {
        /// The step, or `None` for the whole run.
        step: Option<u64>,
        /// What went wrong.
        message: String,
        /// What to do about it; may be empty.
        hint: String,
    },
    /// The run was told to stop.
    Stopped(StopReason),
    /// It goes on: stops and failures before this no longer count.
    Resumed,
}

/// Why a run stops before every step is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The user's time limit.
    TimeLimit,
    /// Ctrl-C.
    Interrupted,
}

/// What the run set out with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Started {
    /// [`LOG_VERSION`] of the writer.
    pub log_version: u32,
    /// Version of zerr.
    pub zerr_version: String,
    /// The run's id.
    pub run: String,
    /// What was asked for.
    pub source: SpecSource,
    /// What is done with it.
    #[serde(default)]
    pub purpose: Purpose,
    /// The rules.
    pub config: RunConfig,
    /// The model.
    pub model: ModelFacts,
    /// The isolation that generated code runs in.
    pub isolation: String,
    /// Tools and their versions.
    pub tools: Vec<ToolVersion>,
}

/// The text that a run was started from; specs are read from it again on replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecSource {
    /// A `task_spec.yaml`.
    Yaml {
        /// Its name as given.
        name: String,
        /// Its text.
        text: String,
        /// Only this language of those it lists.
        language: Option<zerr_syntax::Language>,
    },
    /// An unfinished function in a source file.
    Hole {
        /// The file's name as given.
        name: String,
        /// The file's text.
        text: String,
        /// The file's language.
        language: zerr_syntax::Language,
        /// Line from 1 that lies in the function.
        line: usize,
        /// For a function that is tried in its own project: what was found out about that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<Box<ProjectFacts>>,
    },
}

/// What was found out about a function's project before a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectFacts {
    /// The tests that reach the function, by the names that their harness gives them.
    pub tests: Vec<String>,
    /// What the model is shown.
    pub context: Vec<zerr_syntax::site::ContextItem>,
    /// Crates that the package depends on.
    pub crates: Vec<String>,
    /// What the whole project defines and imports.
    #[serde(default)]
    pub package: zerr_syntax::deny::Package,
    /// Hash of all that the tests depend on beside the function.
    pub state: Hash,
    /// What a person should know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Calls that candidates are compared by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
}

/// What the evidence says of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Where it runs, such as `cpu`.
    pub backend: String,
    /// Versions that it lists of the prompt for the run's purpose (`Purpose::role`); `None` without a card.
    pub prompt_versions: Option<Vec<u32>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Observation;
    use crate::value::DEPTH_MAX;

    /// The deepest value that is one, with maps, whose encoding nests most.
    fn deepest() -> Value {
        let mut value = Value::Unit;
        for level in 1..DEPTH_MAX {
            value = match level % 2 {
                0 => Value::Some(Box::new(value)),
                _ => Value::map(vec![(Value::Bool(true), value)]),
            };
        }
        value
    }

    #[test]
    fn an_event_around_the_deepest_value_is_read_again() {
        let observation = Observation::Returned { value: deepest(), mutated: vec![(0, deepest())] };
        let event = Event::Observed {
            step: 0,
            context: Hash::of("context", &[]),
            sources: vec![Hash::of("source", &[])],
            inputs: vec![vec![deepest()]],
            results: vec![Outcome::Ran(vec![observation])],
        };
        let stored = serde_json::to_string(&event).unwrap();
        let read: Event = serde_json::from_str(&stored).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
}
