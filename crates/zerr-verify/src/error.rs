//! Why something could not be observed or checked: [`VerifyError`]. Says nothing about the code
//! that was to be looked at: that is data, see [`crate::Observed`].

use zerr_exec::ExecError;

/// A tool, the sandbox or zerr itself fell short.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A tool that cannot be done without.
    #[error("{tool} was not found: {message}")]
    NoTool {
        /// Such as `rustc`.
        tool: &'static str,
        /// What was tried.
        message: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// A tool that is there does not do its work.
    #[error("{tool} does not work: {message}")]
    BrokenTool {
        /// Such as `rustc`.
        tool: &'static str,
        /// The first thing it said.
        message: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// A parameter's type that zerr cannot build values of.
    #[error("values of the type `{0}` cannot be built")]
    Unsupported(String),
    /// The inputs do not belong to the function, or no job can be this large.
    #[error("{0}")]
    BadJob(String),
    /// The functions that the candidates may call do not compile by themselves.
    #[error("the functions it builds on do not compile: {0}")]
    Context(String),
    /// The sandbox could not run a process.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// A work folder could not be written or read.
    #[error("cannot {what} in a work folder")]
    WorkDir {
        /// What was tried.
        what: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
    /// The user's own project is not in a state in which a function of it could be tried.
    #[error("{message}")]
    Project {
        /// What is wrong.
        message: String,
        /// What the user can do.
        hint: &'static str,
    },
    /// [`zerr_exec::Cancel`] was set.
    #[error("cancelled")]
    Cancelled,
}

impl VerifyError {
    pub(crate) fn work_dir(what: &'static str) -> impl FnOnce(std::io::Error) -> VerifyError {
        move |source| VerifyError::WorkDir { what, source }
    }

    /// What the user can do about it, when there is something.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NoTool { hint, .. }
            | Self::BrokenTool { hint, .. }
            | Self::Project { hint, .. } => Some(hint),
            Self::Unsupported(_) => {
                Some("use std types: numbers, bool, char, text, tuples, lists, maps, sets, Option")
            }
            Self::WorkDir { .. } => Some("is the temporary folder writable and not full?"),
            Self::BadJob(_) | Self::Context(_) | Self::Exec(_) | Self::Cancelled => None,
        }
    }
}
