//! Whether the host has anything to do: [`Activity`], which decides when it may exit.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(crate) struct Activity {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    busy: u32,
    clients: u32,
    idle_since: Instant,
}

/// Something is under way as long as this lives.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Activity>);

/// A client is connected as long as this lives. That alone does not keep the host: a client that
/// has a new request starts it again.
#[derive(Debug)]
pub(crate) struct Connected(Arc<Activity>);

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        let state = State { busy: 0, clients: 0, idle_since: Instant::now() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.change(|state| state.busy += 1);
        Busy(Arc::clone(self))
    }

    pub(crate) fn connected(self: &Arc<Self>) -> Connected {
        self.change(|state| state.clients += 1);
        Connected(Arc::clone(self))
    }

    pub(crate) fn clients(&self) -> u32 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clients
    }

    /// Returns when nothing was under way for that long.
    pub(crate) fn wait_idle(&self, idle: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let wait = if state.busy > 0 {
                Duration::from_hours(1)
            } else {
                let left = idle.saturating_sub(state.idle_since.elapsed());
                if left.is_zero() {
                    return;
                }
                left
            };
            state = match self.changed.wait_timeout(state, wait) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.idle_since = Instant::now();
        self.changed.notify_all();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.change(|state| state.busy -= 1);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.change(|state| state.clients -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn a_host_that_is_busy_is_not_idle() {
        let activity = Activity::new();
        let busy = activity.busy();
        let (idle, is_idle) = mpsc::channel();
        let watched = Arc::clone(&activity);
        thread::spawn(move || {
            watched.wait_idle(Duration::ZERO);
            idle.send(())
        });
        assert!(is_idle.try_recv().is_err());
        drop(busy);
        assert!(is_idle.recv_timeout(Duration::from_secs(10)).is_ok());
    }
}
