//! Ctrl-C as the engine sees it: [`Interrupt`].

use tokio_util::sync::CancellationToken;

/// A flag that a face raises once and that every run given it obeys. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(CancellationToken);

impl Interrupt {
    /// Not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it. The run settles what it has, keeps its journal and returns.
    pub fn stop(&self) {
        self.0.cancel();
    }

    /// Whether it was raised.
    pub fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.0
    }
}
