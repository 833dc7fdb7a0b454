//! How runs stand, for a client's status bar: the notification `zerr/status`.

use serde::Serialize;
use tower_lsp::lsp_types::notification::Notification;

/// `zerr/status`.
#[derive(Debug)]
pub(crate) enum StatusChanged {}

impl Notification for StatusChanged {
    type Params = Status;
    const METHOD: &'static str = "zerr/status";
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Its name, or the name of its file before it was asked.
    pub(crate) model: Option<String>,
    /// Such as `CPU`; known once a run came to its end.
    pub(crate) backend: Option<String>,
    /// Runs that go on.
    pub(crate) running: usize,
    /// How the votes of the newest stand.
    pub(crate) message: Option<String>,
    pub(crate) samples_per_second: Option<f64>,
}
