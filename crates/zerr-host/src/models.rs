//! The models that are loaded: [`Models`].

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    time::{Duration, Instant},
};

use llama_cpp_2::llama_backend::LlamaBackend;
use zerr_wire::{ErrorKind, ModelInfo, ModelRef, ModelStatus, WireError};

use crate::{
    embedded, gguf, hash,
    worker::{self, Command, Source},
};

pub(crate) struct Models {
    backend: &'static LlamaBackend,
    cache: PathBuf,
    threads: Option<u32>,
    /// One load at a time: two clients that want the same model wait for one load.
    loading: Mutex<()>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
}

struct Loaded {
    info: ModelInfo,
    commands: Sender<Command>,
    used: Instant,
}

/// The embedded model and two others: past that, the one unused for longest makes room.
const LOADED_MAX: usize = 3;

impl Models {
    pub(crate) fn new(
        backend: &'static LlamaBackend,
        cache: PathBuf,
        threads: Option<u32>,
    ) -> Self {
        let loaded = Mutex::new(BTreeMap::new());
        Self { backend, cache, threads, loading: Mutex::new(()), loaded }
    }

    /// Loads a model unless it is loaded.
    pub(crate) fn load(&self, model: &ModelRef) -> Result<ModelInfo, WireError> {
        let _one_at_a_time = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let source = self.source(model)?;
        if let Some(loaded) = self.loaded().get_mut(&source.sha256) {
            loaded.used = Instant::now();
            return Ok(loaded.info.clone());
        }
        let (info, commands) = worker::start(self.backend, source, self.threads)?;
        self.make_room();
        let entry = Loaded { info: info.clone(), commands, used: Instant::now() };
        self.loaded().insert(info.sha256.clone(), entry);
        Ok(info)
    }

    /// Sends a command to one model's thread.
    pub(crate) fn send(&self, sha256: &str, command: Command) -> Result<(), WireError> {
        let missing = || {
            WireError::new(ErrorKind::ModelMissing, format!("no model {sha256} is loaded"))
                .hint("load it first")
        };
        let mut loaded = self.loaded();
        let model = loaded.get_mut(sha256).ok_or_else(missing)?;
        model.used = Instant::now();
        model.commands.send(command).map_err(|_| missing())
    }

    /// Sends a command to every model's thread.
    pub(crate) fn send_all(&self, command: impl Fn() -> Command) {
        for model in self.loaded().values() {
            drop(model.commands.send(command()));
        }
    }

    /// What each model is doing. One that is in the middle of a long step is left out.
    pub(crate) fn status(&self) -> Vec<ModelStatus> {
        let (answer, answers) = mpsc::channel();
        self.send_all(|| Command::Status(answer.clone()));
        drop(answer);
        let mut status = Vec::new();
        while let Ok(model) = answers.recv_timeout(Duration::from_secs(2)) {
            status.push(model);
        }
        status.sort_by(|a, b| a.sha256.cmp(&b.sha256));
        status
    }

    fn source(&self, model: &ModelRef) -> Result<Source, WireError> {
        let since = Instant::now();
        let path = match model {
            ModelRef::Embedded => embedded::file(&self.cache).map_err(|error| {
                let cache = self.cache.display();
                WireError::new(
                    ErrorKind::Internal,
                    format!("cannot write the embedded model into {cache}: {error}"),
                )
                .hint("make room there, or name another folder with ZERR_CACHE_DIR")
            })?,
            ModelRef::Path(path) => path.clone(),
        };
        let header = gguf::read(&path)?;
        refuse_unsuitable(&path, &header.architecture)?;
        let unreadable = |error: std::io::Error| {
            WireError::new(
                ErrorKind::ModelMissing,
                format!("cannot read {}: {error}", path.display()),
            )
        };
        let size_bytes = fs::metadata(&path).map_err(unreadable)?.len();
        let (sha256, card) = match model {
            ModelRef::Embedded => (embedded::sha256().to_owned(), embedded::card()),
            ModelRef::Path(_) => {
                (hash::of_file(&path, &self.cache).map_err(unreadable)?, card_beside(&path))
            }
        };
        Ok(Source { path, header, sha256, size_bytes, card, since })
    }

    /// Gives up the model unused for longest. Its thread ends after what it has to do.
    fn make_room(&self) {
        let mut loaded = self.loaded();
        while loaded.len() >= LOADED_MAX {
            let oldest = loaded.iter().min_by_key(|(_, model)| model.used);
            let Some(sha256) = oldest.map(|(sha256, _)| sha256.clone()) else { return };
            loaded.remove(&sha256);
        }
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was measured about a model, from the file `NAME.gguf.card.json` beside it.
fn card_beside(path: &Path) -> Option<serde_json::Value> {
    let mut name = path.file_name()?.to_owned();
    name.push(".card.json");
    serde_json::from_slice(&fs::read(path.with_file_name(name)).ok()?).ok()
}

/// Encoders have no next token, and llama.cpp aborts when it is asked for one.
fn refuse_unsuitable(path: &Path, architecture: &str) -> Result<(), WireError> {
    let unsuitable = match architecture {
        "" => "its header names no architecture".to_owned(),
        "clip" | "mmproj" | "t5" | "t5encoder" | "wavtokenizer-dec" => {
            format!("`{architecture}` is no decoder of text")
        }
        encoder if encoder.contains("bert") || encoder.ends_with("-embedding") => {
            format!("`{encoder}` makes embeddings, not text")
        }
        _ => return Ok(()),
    };
    let message = format!("{} cannot be used: {unsuitable}", path.display());
    Err(WireError::new(ErrorKind::ModelUnsuitable, message)
        .hint("use a model that was trained to follow instructions"))
}
