//! The engine without a model and without oracles: how long one vote takes. Main type:
//! [`VoteBench`].

use std::sync::Arc;
use std::time::Instant;

use zerr_core::event::{Event, Stamped};
use zerr_core::plan::{AnswerFormat, Plan, StepDraft, StepKind};
use zerr_core::prompt::{Finish, Message, Prompt, RawReply, Role};
use zerr_core::run::{Action, RolePrior, Run, RunConfig};
use zerr_core::vote::{Prior, PriorSource};
use zerr_store::{RunRow, Store};
use zerr_syntax::Language;

use crate::clock::unix_ms;
use crate::drive::entry;
use crate::engine::Engine;
use crate::error::EngineError;

/// What a vote costs.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteBench {
    /// Steps of the chain.
    pub steps: u64,
    /// Votes that were counted.
    pub votes: u64,
    /// Microseconds a vote: state machine, encoding of the event and grouped commits.
    pub us_per_vote: f64,
    /// The same without the journal.
    pub us_per_vote_in_memory: f64,
}

/// A chain of additions; every answer is right.
struct Chain(u64);

impl Plan for Chain {
    fn steps(&self) -> u64 {
        self.0
    }

    fn deps(&self, index: u64) -> Vec<u64> {
        index.checked_sub(1).into_iter().collect()
    }

    fn step(&self, index: u64, deps: &[Option<&str>]) -> Option<StepDraft> {
        let below = match deps.first() {
            None => "0",
            Some(below) => (*below)?,
        };
        let prompt = Prompt {
            role: Role::Function,
            version: 1,
            language: Language::Rust,
            messages: vec![Message { role: "user".into(), content: format!("{below} + 1") }],
            prefill: String::new(),
            stop: Vec::new(),
            tokens_max: 8,
        };
        let kind = StepKind::Answer(AnswerFormat::Integer);
        Some(StepDraft {
            name: index.to_string(),
            kind,
            prompt: Arc::new(prompt),
            others: Vec::new(),
        })
    }

    fn keep_from(&self, next: u64) -> u64 {
        next.saturating_sub(1)
    }
}

/// Events journalled in one transaction.
const GROUP: usize = 64;

impl Engine {
    /// Drives a chain of `steps` answers through state machine and journal, in a store of its own
    /// in a fresh folder.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn bench_vote(
        &self,
        folder: &std::path::Path,
        steps: u64,
    ) -> Result<VoteBench, EngineError> {
        let store = Store::open(folder)?;
        let started = Instant::now();
        let votes = drive(&store, steps, true)?;
        let with_journal = started.elapsed();
        let started = Instant::now();
        drive(&store, steps, false)?;
        let in_memory = started.elapsed();
        let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / votes.max(1) as f64;
        Ok(VoteBench {
            steps,
            votes,
            us_per_vote: each(with_journal),
            us_per_vote_in_memory: each(in_memory),
        })
    }
}

fn drive(store: &Store, steps: u64, journalled: bool) -> Result<u64, EngineError> {
    let config = RunConfig {
        window: 8,
        priors: vec![RolePrior {
            role: "answer".into(),
            language: None,
            prior: Prior::new(0.9, PriorSource::Assumed),
        }],
        ..RunConfig::default()
    };
    let now = unix_ms();
    let mut journal = None;
    if journalled {
        let lock = store.create_run(&RunRow {
            id: format!("bench-{now:x}-{steps}"),
            title: "bench".into(),
            spec_hash: String::new(),
            created_unix_ms: now,
            arguments: "{}".into(),
        })?;
        journal = Some(store.journal(lock)?);
    }
    let mut run = Run::new(Chain(steps), config);
    let mut votes = 0;
    let mut waiting: Vec<Stamped> = Vec::with_capacity(GROUP);
    loop {
        let mut finished = false;
        for action in run.next() {
            match action {
                Action::Sample(sample) => {
                    let content = sample.prompt.messages.first().map_or("", |m| m.content.as_str());
                    let below = content.split(' ').next().and_then(|text| text.parse::<i64>().ok());
                    let answer = (below.unwrap_or(0) + 1).to_string();
                    waiting.extend(sample.draws.iter().map(|draw| Stamped {
                        unix_ms: now,
                        event: Event::Sampled {
                            step: sample.step,
                            prompt: sample.prompt_hash.clone(),
                            draw: draw.index,
                            reply: RawReply {
                                text: answer.clone(),
                                finish: Finish::Stop,
                                invalid_utf8: false,
                                tokens: 2,
                            },
                        },
                    }));
                }
                Action::Finish => finished = true,
                _ => {}
            }
        }
        if let Some(journal) = &mut journal
            && (waiting.len() >= GROUP || finished)
        {
            let entries: Vec<_> = waiting.iter().map(entry).collect();
            journal.append(&entries)?;
        }
        for stamped in waiting.drain(..) {
            votes += 1;
            run.apply(&stamped);
        }
        if finished {
            return Ok(votes);
        }
    }
}
