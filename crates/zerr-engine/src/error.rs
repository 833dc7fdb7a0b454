//! Why a run could not be started or kept: [`EngineError`].

use zerr_core::report::LogError;
use zerr_core::spec::SpecError;
use zerr_exec::Unavailable;
use zerr_llm::SampleError;
use zerr_store::StoreError;
use zerr_verify::VerifyError;

/// A run could not be started or kept. What a run *comes to* is no error.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The spec has mistakes.
    #[error("the spec has {} mistake(s)", .0.len())]
    Spec(Vec<SpecError>),
    /// No sandbox: generated code does not run.
    #[error(transparent)]
    NoSandbox(#[from] Unavailable),
    /// The model or its host.
    #[error(transparent)]
    Model(#[from] SampleError),
    /// A compiler, interpreter or checker.
    #[error(transparent)]
    Tool(#[from] VerifyError),
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A log that cannot be replayed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A log row that is no event.
    #[error("event {seq} of run `{run}` cannot be read: {message}")]
    Event {
        /// The run.
        run: String,
        /// Its position in the log.
        seq: u64,
        /// Why.
        message: String,
    },
    /// A run is resumed with a model that it was not begun with.
    #[error("run `{run}` was begun with the model {begun}, this is {now}")]
    OtherModel {
        /// The run.
        run: String,
        /// Name and hash of the one in the log.
        begun: String,
        /// Name and hash of the one that is loaded.
        now: String,
    },
    /// A run is resumed with a second model that it was not begun with.
    #[error("run `{run}` was begun with {begun} as its second model, this is {now}")]
    OtherSecondModel {
        /// The run.
        run: String,
        /// Name and hash of the one in the log.
        begun: String,
        /// Name and hash of the one that is loaded.
        now: String,
    },
    /// A witness that would say the same as whom it is asked about.
    #[error("the second model is the first one ({name}): it would agree with itself")]
    SameModel {
        /// Its name.
        name: String,
    },
    /// Observations of different tools are not comparable.
    #[error("run `{run}` was begun with other tools or another isolation than there are now")]
    OtherTools {
        /// The run.
        run: String,
    },
    /// A model that says which roles it plays, and not this one.
    #[error("the model `{model}` was not made for role `{role}`")]
    OtherRole {
        /// Its name.
        model: String,
        /// What it was to do.
        role: &'static str,
    },
    /// A risk that was stated and cannot be kept.
    #[error("a risk of {risk} cannot be promised: {why}")]
    NoPromise {
        /// The share of accepted functions that may be wrong.
        risk: f64,
        /// Why.
        why: String,
    },
    /// The files to check.
    #[error(transparent)]
    Select(#[from] crate::check::SelectError),
    /// The runtime.
    #[error("the runtime could not be started: {0}")]
    Runtime(std::io::Error),
}

/// What kind of trouble an error is, for exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The input is wrong.
    Usage,
    /// The machine lacks something.
    Setup,
    /// The spec is wrong, see [`EngineError::Spec`].
    Spec,
    /// zerr is.
    Internal,
}

impl EngineError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSandbox(unavailable) => Some(unavailable.hint.clone()),
            Self::Model(error) => error.hint(),
            Self::Tool(error) => error.hint().map(str::to_owned),
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::OtherTools { .. } => Some(
                "generate anew: what did not change is answered from the cache; `cargo zerr \
                 doctor` shows the tools"
                    .into(),
            ),
            Self::OtherRole { .. } => Some("name a larger one with `--model path.gguf`".into()),
            Self::NoPromise { .. } => Some(
                "`cargo zerr calibrate` learns from tasks with a known truth; or state a larger `--risk`"
                    .into(),
            ),
            Self::OtherModel { .. } => Some("name the first one with `--model`".into()),
            Self::OtherSecondModel { .. } => {
                Some("name the one it was begun with with `--second-model`".into())
            }
            Self::SameModel { .. } => Some("name another one with `--second-model`".into()),
            Self::Select(error) => error.hint().map(str::to_owned),
            Self::Spec(_) | Self::Log(_) | Self::Event { .. } | Self::Runtime(_) => None,
        }
    }

    /// Its kind.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Spec(_) | Self::Log(LogError::Spec(_)) => ErrorClass::Spec,
            Self::NoSandbox(_) | Self::Model(_) | Self::Tool(_) | Self::Store(_) => {
                ErrorClass::Setup
            }
            Self::OtherModel { .. }
            | Self::OtherSecondModel { .. }
            | Self::SameModel { .. }
            | Self::OtherTools { .. }
            | Self::OtherRole { .. }
            | Self::NoPromise { .. }
            | Self::Select(_) => ErrorClass::Usage,
            Self::Log(_) | Self::Event { .. } | Self::Runtime(_) => ErrorClass::Internal,
        }
    }
}
