//! The model host: llama.cpp in a process of its own, behind a local socket.
//!
//! Start reading at [`serve`] (the process), then `connection` (a client), `models` and `worker`
//! (a model and its thread) and `scheduler` (continuous batching). `zerr-wire` has the messages.
//!
//! # Invariants
//! - The only program that links llama.cpp. A native abort kills this process and no editor; its
//!   clients start it again and ask for what they did not get.
//! - Every thing that a client sends is answered or refused, never a panic.
//! - A model file is checked before llama.cpp sees it.

#![expect(
    clippy::cast_possible_wrap,
    reason = "tokens, rows and sequences are numbered far below 2^31, as llama.cpp numbers them"
)]

mod activity;
mod bench;
mod chain;
mod connection;
mod context;
mod embedded;
mod gguf;
mod hash;
mod llama;
mod log;
mod models;
mod prompt;
mod request;
mod scheduler;
mod serve;
mod text;
mod transport;
mod worker;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

/// zerr's model host. Started by zerr when it is needed; nothing to run by hand.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Args)]
struct ServeArgs {
    /// Where to listen.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where to write the log; standard error without it.
    #[arg(long, value_name = "PATH")]
    log: Option<PathBuf>,
    /// Folder for the embedded model and the hashes of model files.
    #[arg(long, value_name = "PATH", env = "ZERR_CACHE_DIR")]
    cache: Option<PathBuf>,
    /// Threads for llama.cpp; by the model's size without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=512))]
    threads: Option<u32>,
    /// Exit after so many seconds without a request.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    idle_exit_s: u64,
}

#[derive(Subcommand)]
enum Command {
    /// Measures sampling against bare loops over the same bindings; prints JSON.
    #[command(hide = true)]
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result: Result<(), String> = match cli.command {
        Some(Command::Bench(args)) => bench::run(&args),
        None => serve(cli.serve),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            log::line(&format!("zerr-host: {message}"));
            ExitCode::from(2)
        }
    }
}

fn serve(args: ServeArgs) -> Result<(), String> {
    let socket = args.socket.ok_or("--socket is missing")?;
    let options = serve::Options {
        socket,
        log: args.log,
        cache: cache(args.cache)?,
        threads: args.threads,
        idle_exit: Duration::from_secs(args.idle_exit_s),
    };
    match serve::serve(&options) {
        // The client that started this one finds the other.
        Ok(()) | Err(serve::ServeError::Taken) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn cache(given: Option<PathBuf>) -> Result<PathBuf, String> {
    given
        .or_else(|| {
            let folders = directories::ProjectDirs::from("", "", "zerr")?;
            Some(folders.cache_dir().to_owned())
        })
        .ok_or_else(|| "no home folder to cache models in; set ZERR_CACHE_DIR".to_owned())
}
