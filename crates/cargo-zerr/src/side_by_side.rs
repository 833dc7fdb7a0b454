//! Tasks of recordings, several at once. Main function: [`each`].

use std::sync::atomic::{AtomicUsize, Ordering};

use zerr_engine::{EngineError, ReplayTask};
use zerr_exec::Cancel;

use crate::console::Console;
use crate::failure::Failure;

/// Processors that may be used.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Does all tasks, so many at once. What came of them is in their order.
pub(crate) fn each<T: Send>(
    console: Console,
    tasks: &[ReplayTask],
    at_once: usize,
    work: &(dyn Fn(&ReplayTask, &Cancel) -> Result<T, EngineError> + Sync),
) -> Result<Vec<T>, Failure> {
    let started = std::time::Instant::now();
    let (next, cancel) = (AtomicUsize::new(0), Cancel::new());
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut found: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let mut failed = None;
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            let (sender, next, cancel) = (sender.clone(), &next, &cancel);
            scope.spawn(move || {
                while !cancel.is_cancelled() {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(at) else { return };
                    if sender.send((at, work(task, cancel))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (number, (at, result)) in receiver.iter().enumerate() {
            match result {
                Ok(one) => {
                    if let Some(slot) = found.get_mut(at) {
                        *slot = Some(one);
                    }
                }
                // The others are ended, and their error is none of theirs.
                Err(error) => {
                    cancel.cancel();
                    failed.get_or_insert(error);
                }
            }
            if number % 10 == 9 && failed.is_none() {
                let seconds = started.elapsed().as_secs();
                console.note(&format!("{} of {} tasks, {seconds} s", number + 1, tasks.len()));
            }
        }
    });
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(found.into_iter().flatten().collect()),
    }
}
