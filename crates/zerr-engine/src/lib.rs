//! The shared engine of all faces: performs what the core asks for. Main types: [`Engine`],
//! [`GenerateRequest`], [`RunResult`].
//!
//! A run is a loop: [`zerr_core::run::Run::next`] names actions, the hands perform them side by
//! side, what comes back is appended to the journal as one group, and only then applied.
//!
//! # Invariants
//! - An event is in the journal before it has an effect.
//! - Nothing here decides: verdicts come from `zerr-core`.
//! - Nothing here prints and nothing here touches a user's file.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod action_key;
mod bench;
mod bench_curriculum;
mod bench_mutants;
mod bench_projects;
mod bench_replay;
mod bench_truth;
mod calibrations;
mod card;
pub mod check;
mod clock;
mod drive;
mod engine;
mod error;
mod in_project;
mod interrupt;
mod perform;
mod play;
mod progress;
mod proposals;
mod recording;
mod settings;
mod split;
mod stale;
mod upgrade;

pub use bench::VoteBench;
pub use bench_curriculum::{CurriculumTask, TaskOutcome};
pub use bench_mutants::{Mutated, Reference};
pub use bench_projects::{ProjectBench, TriedFunction};
pub use bench_replay::{ReplayTask, Replayed};
pub use bench_truth::Judged;
pub use calibrations::{Calibration, Decision, PROMISE_ERROR, SPLITS, rules as calibration_rules};
pub use engine::{
    CacheUse, Doctor, Engine, EngineOptions, GenerateRequest, IsolationChoice, ModelChoice,
    ModelDetails, RunResult, ToolState, is_recording,
};
pub use error::{EngineError, ErrorClass};
pub use in_project::ProjectPlace;
pub use interrupt::Interrupt;
pub use progress::Progress;
pub use proposals::Proposed;
pub use settings::{FileSettings, SettingsError, reliability, settings_of, time_limit};
pub use split::Decomposed;
pub use stale::{WrittenFunction, is_of_evidence, report_of, stale_findings, written_functions};
pub use upgrade::upgrade;
pub use zerr_core;
pub use zerr_core as core;
pub use zerr_exec::{give_way, go_first};
pub use zerr_llm::from_lenient_json;
pub use zerr_store;
pub use zerr_verify;
