//! zerr in editors: a language server over the shared engine. Main function: [`serve`].
//!
//! # Invariants
//! - No sample is drawn inside of a request: a command starts a run, its progress can be cancelled,
//!   and what is accepted is offered as an edit.
//! - A document's changes are taken in before anything is awaited, in the order they came.
//! - A client that answers nothing delays nothing: no handler and no lock waits for it.
//! - Types of the protocol stay in this crate.

mod actions;
mod agreed;
mod background;
mod checking;
mod commands;
mod dependencies;
mod documents;
mod evidence;
mod generate;
mod history;
mod job;
mod lens;
mod offer;
mod pages;
mod plans;
mod questions;
mod server;
mod shared;
mod spec_help;
mod status;
mod text;
mod watching;
mod wire;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::{LspService, Server as Transport};

use crate::server::Server;

/// Requests that are worked on at once; each of them is short.
const CONCURRENCY: usize = 64;

/// Serves one client until it closes its side.
pub async fn serve<I, O>(input: I, output: O)
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
{
    let (service, socket) = LspService::build(Server::new)
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
        .custom_method("zerr/runs", Server::runs)
        .custom_method("zerr/run", Server::run)
        .finish();
    wire::serve_frames(input, output, |input, output| {
        Transport::new(input, output, socket).concurrency_level(CONCURRENCY).serve(service)
    })
    .await;
}

/// Serves standard input and output, on a runtime of its own; blocks until the client is gone.
///
/// # Errors
/// No runtime can be started.
pub fn serve_stdio() -> std::io::Result<()> {
    zerr_engine::go_first();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(zerr_engine::go_first)
        .enable_all()
        .build()?;
    runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A run that is still going on is stopped by its interrupt; nobody waits for it.
    runtime.shutdown_background();
    Ok(())
}
