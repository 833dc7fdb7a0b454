//! Why no samples came: [`SampleError`].

use std::{io, path::PathBuf};

use zerr_wire::{ErrorKind, WireError};

#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("cancelled")]
    Cancelled,
    /// The host refused: the model, the prompt, or the request itself.
    #[error("{0}")]
    Refused(#[from] WireError),
    #[error("no program `zerr-host` found")]
    HostMissing { looked_in: Vec<PathBuf> },
    #[error("the model host did not start: {reason}")]
    HostNotStarted { reason: String, log: PathBuf },
    /// The host went away, and again after it was started anew.
    #[error("the model host died {times} times during one request")]
    HostDied { times: u32, log: PathBuf },
    /// The host sent something that is no reply.
    #[error("the model host does not make sense: {0}")]
    Protocol(String),
    #[error("cannot {action} {path}: {error}")]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    /// Recorded samples: nothing was recorded under this name.
    #[error("no samples were recorded for `{subject}`")]
    NotRecorded { subject: String },
    /// Recorded samples: fewer than were asked for.
    #[error("only {available} samples were recorded for `{subject}`")]
    RecordingExhausted { subject: String, available: usize },
    #[error("line {line} of the recording: {reason}")]
    Recording { line: usize, reason: String },
}

impl SampleError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(error) => error.hint.clone(),
            Self::HostMissing { looked_in } => {
                let places: Vec<_> =
                    looked_in.iter().map(|path| path.display().to_string()).collect();
                Some(format!(
                    "install it with `cargo install zerr-host`, build it with `cargo build -p \
                     zerr-host`, or say where it is with ZERR_HOST; looked for {}",
                    places.join(", ")
                ))
            }
            Self::HostNotStarted { log, .. } | Self::HostDied { log, .. } => {
                Some(format!("its log is {}", log.display()))
            }
            Self::NotRecorded { .. } | Self::RecordingExhausted { .. } => {
                Some("record more with `--record`, or draw from a model".into())
            }
            Self::Recording { .. } => Some(
                "each line is an object with `samples`, a list of texts, and `entry_point` or \
                 `task_id`"
                    .into(),
            ),
            Self::Protocol(_) => Some("host and client come from different builds".into()),
            _ => None,
        }
    }

    /// The model cannot be used, whatever is asked of it.
    pub fn is_about_model(&self) -> bool {
        let Self::Refused(WireError { kind, .. }) = self else { return false };
        matches!(
            kind,
            ErrorKind::ModelMissing
                | ErrorKind::ModelTruncated
                | ErrorKind::ModelUnknownArchitecture { .. }
                | ErrorKind::NotAModel
                | ErrorKind::ModelUnsuitable
        )
    }
}
