//! Ctrl-C: once to stop in order, twice to stop at once. Main function: [`listen`].

use std::sync::atomic::{AtomicBool, Ordering};

use zerr_engine::Interrupt;

use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Raises the returned flag at the first Ctrl-C and ends the process at the second.
pub(crate) fn listen(console: Console) -> Result<Interrupt, Failure> {
    let interrupt = Interrupt::new();
    let raised = interrupt.clone();
    let pressed = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::SeqCst) {
            // The journal is on disk already: a process that dies here loses nothing of it.
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        raised.stop();
        console.note("stopping; press Ctrl-C again to quit at once");
    })
    .map_err(|error| Failure::new(Exit::Internal, "Ctrl-C cannot be watched").because(error))?;
    Ok(interrupt)
}
