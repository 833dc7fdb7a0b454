//! Sampling through the host against bare loops over the same bindings, as ratios in one run.
//!
//! Three ways to draw n samples of one prompt from the same file with the same threads: through the
//! host with its socket, scheduler and messages; by a bare loop that reads the prompt once and
//! decodes all draws side by side; and one draw after another, each with its prompt read anew.
//! Rounds of the three alternate, and the best round of each counts, since other programs disturb.

use std::{
    io::{BufReader, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use interprocess::local_socket::Stream;
use llama_cpp_2::{
    context::LlamaContext, llama_batch::LlamaBatch, model::LlamaModel, token::LlamaToken,
};
use serde_json::json;
use zerr_wire::{
    Batching, Draw, Message, ModelInfo, ModelRef, PROTOCOL_VERSION, Reply, Request, Role, Sample,
    decode, encode, read_line,
};

use crate::{
    chain::{Candidates, Chain},
    context::{self, Shape},
    llama,
    prompt::Renderer,
    serve, transport,
};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// A GGUF file; the embedded model without it.
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Draws.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=64))]
    n: u32,
    /// Most tokens a draw.
    #[arg(long, value_name = "N", default_value_t = 128)]
    tokens: u32,
    /// Threads for llama.cpp.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=512))]
    threads: Option<u32>,
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u32,
}

const PROMPT: &str = "Write one Rust function.\n\nfn clamp_add(a: i32, b: i32) -> i32\n\n\
    Adds two numbers and keeps the sum between -100 and 100.\nExample: clamp_add(1, 2) == 3\n\
    Example: clamp_add(90, 20) == 100\n\nReply with one code block that holds only this function.";
const PREFILL: &str = "```rust\n";

/// Tokens generated, and how long that took.
#[derive(Clone, Copy)]
struct Round {
    tokens: u64,
    seconds: f64,
    /// Of all this process's threads. Other programs do not disturb it.
    cpu_seconds: f64,
}

/// Wall clock and processor time since it was started.
struct Stopwatch {
    wall: Instant,
    cpu: f64,
}

impl Stopwatch {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_seconds() }
    }

    fn round(&self, tokens: u64) -> Round {
        let seconds = self.wall.elapsed().as_secs_f64();
        Round { tokens, seconds, cpu_seconds: cpu_seconds() - self.cpu }
    }
}

#[cfg(unix)]
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a value that lives during the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Not known here: ratios of processor time are then not numbers.
#[cfg(not(unix))]
fn cpu_seconds() -> f64 {
    0.0
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut client = Client::start(folder.path(), args.threads)?;
    let (sha256, info) = client.load(args.model.as_deref())?;
    let threads = info.threads;
    let path = match &args.model {
        Some(path) => path.clone(),
        None => crate::embedded::file(folder.path()).map_err(|error| error.to_string())?,
    };
    let model = LlamaModel::load_from_file(llama::backend()?, &path, &llama::model_params())
        .map_err(|error| error.to_string())?;
    let mut bare = Bare::new(&model, args, threads)?;

    let mut rounds: [Vec<Round>; 3] = Default::default();
    for _ in 0..args.rounds.max(1) {
        rounds[0].push(client.sample(&sha256, args)?);
        rounds[1].push(bare.side_by_side()?);
        rounds[2].push(bare.one_by_one()?);
    }
    let best = |rounds: &[Round], seconds: fn(&Round) -> f64| {
        rounds.iter().map(|round| round.tokens as f64 / seconds(round)).fold(0.0, f64::max)
    };
    let [host, loop_, separate] =
        [0, 1, 2].map(|which: usize| best(&rounds[which], |round| round.seconds));
    let [host_cpu, loop_cpu, separate_cpu] =
        [0, 1, 2].map(|which: usize| best(&rounds[which], |round| round.cpu_seconds));
    let ratio = |a: f64, b: f64| (a / b * 1000.0).round() / 1000.0;
    let report = json!({
        "model": info.name,
        "parameters": info.parameters,
        "load_ms": info.load_ms,
        "backend": info.backend,
        "threads": threads,
        "n": args.n,
        "tokens_max": args.tokens,
        "prompt_tokens": bare.prompt.len(),
        "host_tokens_per_s": host.round(),
        "bare_loop_tokens_per_s": loop_.round(),
        "separate_tokens_per_s": separate.round(),
        "host_to_bare_loop": ratio(host, loop_),
        "host_to_separate": ratio(host, separate),
        "host_tokens_per_cpu_s": host_cpu.round(),
        "bare_loop_tokens_per_cpu_s": loop_cpu.round(),
        "separate_tokens_per_cpu_s": separate_cpu.round(),
        "host_to_bare_loop_cpu": ratio(host_cpu, loop_cpu),
        "host_to_separate_cpu": ratio(host_cpu, separate_cpu),
    });
    writeln!(std::io::stdout(), "{report:#}").map_err(|error| error.to_string())
}

fn draws(n: u32) -> Vec<Draw> {
    (0..n).map(|index| Draw { index, seed: index, temperature: 0.8, top_p: 1.0 }).collect()
}

fn messages() -> Vec<Message> {
    vec![Message { role: Role::User, content: PROMPT.into() }]
}

/// A client of a host that runs on a thread of this process.
struct Client {
    stream: Stream,
    line: Vec<u8>,
}

impl Client {
    fn start(folder: &Path, threads: Option<u32>) -> Result<Self, String> {
        let options = serve::Options {
            socket: folder.join("bench.sock"),
            log: None,
            cache: folder.to_owned(),
            threads,
            idle_exit: Duration::from_hours(1),
        };
        let socket = options.socket.clone();
        let server = thread::spawn(move || serve::serve(&options));
        let stream = loop {
            match transport::connect(&socket) {
                Ok(stream) => break stream,
                Err(_) if !server.is_finished() => thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(error.to_string()),
            }
        };
        let mut client = Self { stream, line: Vec::new() };
        client.send(&Request::Hello { version: PROTOCOL_VERSION })?;
        client.receive()?;
        Ok(client)
    }

    fn load(&mut self, model: Option<&Path>) -> Result<(String, ModelInfo), String> {
        let path = model.map(std::path::absolute).transpose().map_err(|error| error.to_string())?;
        let model = path.map_or(ModelRef::Embedded, ModelRef::Path);
        self.send(&Request::Load { id: 1, model })?;
        match self.receive()? {
            Reply::Loaded { model, .. } => Ok((model.sha256.clone(), model)),
            other => Err(format!("{other:?}")),
        }
    }

    fn sample(&mut self, sha256: &str, args: &BenchArgs) -> Result<Round, String> {
        let watch = Stopwatch::start();
        self.send(&Request::Sample(Sample {
            id: 2,
            model: sha256.to_owned(),
            messages: messages(),
            prefill: PREFILL.into(),
            draws: draws(args.n),
            tokens_max: args.tokens,
            stop: Vec::new(),
            grammar: None,
            // So that the prompt is read anew in each round, as in the bare loops.
            batching: Batching::Exclusive,
        }))?;
        loop {
            match self.receive()? {
                Reply::Done(done) => {
                    return Ok(watch.round(done.generated_tokens));
                }
                Reply::Error { error, .. } => return Err(error.message),
                _ => {}
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), String> {
        let line = encode(request).map_err(|error| error.to_string())?;
        (&self.stream).write_all(&line).map_err(|error| error.to_string())
    }

    /// One line at a time, unbuffered past it: replies are few.
    fn receive(&mut self) -> Result<Reply, String> {
        self.line.clear();
        let mut reader = BufReader::with_capacity(1, &self.stream);
        match read_line(&mut reader, &mut self.line) {
            Ok(true) => decode(&self.line).map_err(|error| error.to_string()),
            Ok(false) => Err("the host hung up".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The bare loops, with the context and the samplers that the host has.
struct Bare<'model> {
    model: &'model LlamaModel,
    context: LlamaContext<'model>,
    shape: Shape,
    batch: LlamaBatch<'static>,
    prompt: Vec<LlamaToken>,
    n: u32,
    tokens: u32,
}

struct Sequence {
    id: i32,
    chain: Chain,
    next: LlamaToken,
    position: i32,
}

impl<'model> Bare<'model> {
    fn new(model: &'model LlamaModel, args: &BenchArgs, threads: u32) -> Result<Self, String> {
        let shape = Shape::of(model, crate::worker::backend_name() != "cpu");
        // All at once: a bare loop has no scheduler that would choose a better width.
        let draws_max = shape.draws_max.max(args.n as usize);
        let batch_tokens = draws_max + shape.prompt_chunk;
        let shape = Shape { draws_max, batch_tokens, ..shape };
        let context = context::new(model, llama::backend()?, shape, threads)
            .map_err(|error| error.to_string())?;
        let renderer = Renderer::new(model).map_err(|error| error.to_string())?;
        let prompt = renderer.tokens(&messages(), PREFILL).map_err(|error| error.to_string())?;
        let batch = LlamaBatch::new(shape.batch_tokens, 1);
        let (n, tokens) = (args.n, args.tokens);
        Ok(Self { model, context, shape, batch, prompt, n, tokens })
    }

    fn side_by_side(&mut self) -> Result<Round, String> {
        let watch = Stopwatch::start();
        self.context.clear_kv_cache();
        let generated = self.draw(0, self.n)?;
        Ok(watch.round(generated))
    }

    fn one_by_one(&mut self) -> Result<Round, String> {
        let watch = Stopwatch::start();
        let mut generated = 0;
        for seed in 0..self.n {
            self.context.clear_kv_cache();
            generated += self.draw(seed, 1)?;
        }
        Ok(watch.round(generated))
    }

    fn draw(&mut self, first_seed: u32, n: u32) -> Result<u64, String> {
        let fail = |error: &dyn std::fmt::Display| error.to_string();
        let prompt_sequence = (self.shape.sequences() - 1) as i32;
        let last = self.prompt.len() - 1;
        let mut row = 0;
        for chunk_start in (0..self.prompt.len()).step_by(self.shape.prompt_chunk) {
            self.batch.clear();
            let chunk =
                self.prompt.iter().enumerate().skip(chunk_start).take(self.shape.prompt_chunk);
            for (position, &token) in chunk {
                self.batch
                    .add(token, position as i32, &[prompt_sequence], position == last)
                    .map_err(|error| fail(&error))?;
            }
            self.context.decode(&mut self.batch).map_err(|error| fail(&error))?;
            row = self.batch.n_tokens() - 1;
        }
        let mut candidates = Candidates::new();
        let vocab = self.model.vocab();
        let first = self.context.get_logits_ith(row).to_vec();
        let mut generated = 0;
        let mut sequences = Vec::new();
        for id in 0..n as i32 {
            let draw =
                Draw { index: 0, seed: first_seed + id as u32, temperature: 0.8, top_p: 1.0 };
            let mut chain = Chain::new(&draw, None, self.model).map_err(|error| fail(&error))?;
            let Some(next) = chain.choose(&first, &mut candidates) else { continue };
            if vocab.is_eog(next) {
                continue;
            }
            generated += 1;
            self.context
                .copy_kv_cache_seq(prompt_sequence, id, None, None)
                .map_err(|error| fail(&error))?;
            sequences.push(Sequence { id, chain, next, position: self.prompt.len() as i32 });
        }
        for _ in 1..self.tokens {
            if sequences.is_empty() {
                break;
            }
            self.batch.clear();
            for sequence in &sequences {
                self.batch
                    .add(sequence.next, sequence.position, &[sequence.id], true)
                    .map_err(|error| fail(&error))?;
            }
            self.context.decode(&mut self.batch).map_err(|error| fail(&error))?;
            let mut row = 0;
            sequences.retain_mut(|sequence| {
                let logits = self.context.get_logits_ith(row);
                row += 1;
                match sequence.chain.choose(logits, &mut candidates) {
                    Some(token) if !vocab.is_eog(token) => {
                        sequence.next = token;
                        sequence.position += 1;
                        generated += 1;
                        true
                    }
                    _ => false,
                }
            });
        }
        Ok(generated)
    }
}
