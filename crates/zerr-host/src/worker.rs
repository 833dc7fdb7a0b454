//! The thread that owns one model: loads it, then alternates between commands and steps.
//!
//! A model, its context and its batches live on this thread's stack and are never shared. What
//! llama.cpp does when it panics or aborts ends the process: clients start a new one.

use std::{
    path::PathBuf,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Instant,
};

use llama_cpp_2::{LlamaModelLoadError, llama_backend::LlamaBackend, model::LlamaModel};
use zerr_wire::{ErrorKind, ModelInfo, ModelStatus, WireError};

use crate::{
    context::{self, Shape},
    gguf::Header,
    llama, log,
    prompt::Renderer,
    request::Job,
    scheduler::Scheduler,
};

pub(crate) enum Command {
    Sample(Box<Job>),
    Cancel { client: u64, id: u64 },
    ForgetClient { client: u64 },
    Status(Sender<ModelStatus>),
}

/// A file that was checked, ready for llama.cpp.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    pub(crate) sha256: String,
    pub(crate) size_bytes: u64,
    pub(crate) card: Option<serde_json::Value>,
    pub(crate) since: Instant,
}

/// Loads the model on a thread of its own. The thread ends when the sender is dropped.
pub(crate) fn start(
    backend: &'static LlamaBackend,
    source: Source,
    threads: Option<u32>,
) -> Result<(ModelInfo, Sender<Command>), WireError> {
    let (commands, inbox) = mpsc::channel();
    let (loaded, is_loaded) = mpsc::channel();
    let body = move || run(backend, source, threads, &loaded, &inbox);
    let internal = |message: String| WireError::new(ErrorKind::Internal, message);
    thread::Builder::new()
        .name("model".into())
        .spawn(move || {
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err() {
                log::line("the model's thread panicked: the host ends");
                std::process::abort();
            }
        })
        .map_err(|error| internal(error.to_string()))?;
    let info = is_loaded.recv().map_err(|error| internal(error.to_string()))??;
    Ok((info, commands))
}

fn run(
    backend: &LlamaBackend,
    source: Source,
    threads: Option<u32>,
    loaded: &Sender<Result<ModelInfo, WireError>>,
    inbox: &Receiver<Command>,
) {
    let model = match load(backend, &source) {
        Ok(model) => model,
        Err(error) => return drop(loaded.send(Err(error))),
    };
    let (mut scheduler, info) = match set_up(backend, &model, source, threads) {
        Ok(set_up) => set_up,
        Err(error) => return drop(loaded.send(Err(error))),
    };
    let (name, sha256) = (info.name.clone(), info.sha256.clone());
    drop(loaded.send(Ok(info)));
    loop {
        if !scheduler.has_work() {
            match inbox.recv() {
                Ok(command) => obey(&mut scheduler, command, &name, &sha256),
                Err(_) => return,
            }
        }
        while let Ok(command) = inbox.try_recv() {
            obey(&mut scheduler, command, &name, &sha256);
        }
        scheduler.step();
    }
}

fn obey(scheduler: &mut Scheduler<'_>, command: Command, name: &str, sha256: &str) {
    match command {
        Command::Sample(job) => scheduler.submit(*job),
        Command::Cancel { client, id } => scheduler.cancel(client, id),
        Command::ForgetClient { client } => scheduler.forget_client(client),
        Command::Status(answer) => drop(answer.send(scheduler.status(name, sha256))),
    }
}

pub(crate) fn load(backend: &LlamaBackend, source: &Source) -> Result<LlamaModel, WireError> {
    drop(log::take_complaints());
    LlamaModel::load_from_file(backend, &source.path, &llama::model_params())
        .map_err(|error| explain(source, &error))
}

/// Why llama.cpp did not load the file: it says so in its log only.
fn explain(source: &Source, error: &LlamaModelLoadError) -> WireError {
    let complaints = log::take_complaints().join("; ");
    let path = source.path.display();
    let architecture = &source.header.architecture;
    if complaints.contains("unknown model architecture") {
        let kind = ErrorKind::ModelUnknownArchitecture { architecture: architecture.clone() };
        return WireError::new(
            kind,
            format!(
                "{path} has the architecture `{architecture}`, which this llama.cpp does not know"
            ),
        )
        .hint("update zerr, or use a model of another family");
    }
    let reason = if complaints.is_empty() { error.to_string() } else { complaints };
    WireError::new(ErrorKind::ModelUnsuitable, format!("llama.cpp does not load {path}: {reason}"))
        .hint("choose another file of this model; llama.cpp's words are in the host's log")
}

fn set_up<'model>(
    backend: &LlamaBackend,
    model: &'model LlamaModel,
    source: Source,
    threads: Option<u32>,
) -> Result<(Scheduler<'model>, ModelInfo), WireError> {
    let path = source.path.display().to_string();
    let unsuitable = |reason: String| {
        WireError::new(ErrorKind::ModelUnsuitable, format!("{path} cannot be used: {reason}"))
    };
    let backend_name = backend_name();
    let shape = Shape::of(model, backend_name != "cpu");
    let threads = threads.unwrap_or_else(|| shape.threads());
    let context = context::new(model, backend, shape, threads).map_err(|error| {
        let complaints = log::take_complaints().join("; ");
        unsuitable(format!("{error} {complaints}"))
            .hint("there may be too little memory: use a smaller model or quantisation")
    })?;
    let renderer = Renderer::new(model).map_err(|error| unsuitable(error.to_string()))?;
    let file_name = source.path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let info = ModelInfo {
        name: source.header.name.or(file_name).unwrap_or_else(|| "model".into()),
        sha256: source.sha256,
        size_bytes: source.size_bytes,
        architecture: source.header.architecture,
        parameters: model.n_params(),
        context_tokens: shape.context_tokens as u32,
        vocab: model.n_vocab().unsigned_abs(),
        backend: backend_name,
        threads,
        has_chat_template: renderer.has_own_template(),
        load_ms: source.since.elapsed().as_millis() as u64,
        card: source.card,
    };
    Ok((Scheduler::new(model, context, renderer, shape), info))
}

/// Where models run: the first device that is not the processor itself, if any.
pub(crate) fn backend_name() -> String {
    use llama_cpp_2::LlamaBackendDeviceType::{Gpu, IntegratedGpu};
    llama_cpp_2::list_llama_ggml_backend_devices()
        .into_iter()
        .find(|device| matches!(device.device_type, Gpu | IntegratedGpu))
        .map_or_else(|| "cpu".into(), |device| device.backend.to_lowercase())
}
