//! What a person may watch while a run goes on: [`Progress`].

use zerr_core::run::StepView;

/// One thing to show.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Something that has to be done first.
    Preparing(&'static str),
    /// How the steps stand.
    Steps {
        /// Every step in work and every finished one that is kept.
        views: Vec<StepView>,
        /// Tokens drawn a second since the start, once there are any.
        tokens_per_s: Option<f64>,
        /// Milliseconds since the run began or was resumed.
        elapsed_ms: u64,
    },
    /// Something worth a line, such as a model host that had to be started again.
    Note(String),
}
