//! The model host as its clients see it: [`Host`].

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time};
use zerr_exec::trusted;
use zerr_wire::{StatusReport, Welcome};

use crate::{
    HostSampler, ModelRef, SampleError,
    client::{ConnectError, Connection},
    locate::{self, Places},
    transport,
};

/// How to find and start the model host.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The program; found beside the current executable, by `ZERR_HOST` or on the search path
    /// when it is not given.
    pub program: Option<PathBuf>,
    /// Folder of the socket, the lock and the log; the user's own runtime folder by default.
    pub folder: Option<PathBuf>,
    /// Folder for the embedded model and for hashes of model files; the user's cache by default.
    pub cache: Option<PathBuf>,
    /// Threads for llama.cpp, at least 1; by the model's size by default. It is part of what makes
    /// samples repeat, hence of the socket's name.
    pub threads: Option<u32>,
    /// The host exits after it had nothing to do for this long.
    pub idle_exit: Duration,
    /// How long a host may take to open its socket.
    pub start_timeout: Duration,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            program: None,
            folder: None,
            cache: None,
            threads: None,
            idle_exit: Duration::from_mins(5),
            start_timeout: Duration::from_secs(10),
        }
    }
}

/// A running host, started when there is none. Cheap to clone; clones share one connection.
#[derive(Clone, Debug)]
pub struct Host {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: HostOptions,
    places: Places,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl Host {
    /// Connects, and starts a host first unless one is running. Two clients that do so at once end
    /// up with one host.
    ///
    /// # Errors
    /// [`SampleError::HostMissing`], [`SampleError::HostNotStarted`]; [`SampleError::Refused`]
    /// where a host of another version answers.
    pub async fn connect_or_start(options: &HostOptions) -> Result<Self, SampleError> {
        let places = locate::places(options)?;
        let inner = Inner { options: options.clone(), places, connection: Mutex::new(None) };
        let host = Self { inner: Arc::new(inner) };
        host.connection().await?;
        Ok(host)
    }

    /// Loads a model, unless the host has it, and draws from it. Paths are taken from the current
    /// folder.
    ///
    /// # Errors
    /// [`SampleError::Refused`] when the file is missing or no usable model.
    pub async fn sampler(&self, model: &ModelRef) -> Result<HostSampler, SampleError> {
        let model = match model {
            ModelRef::Path(path) => {
                ModelRef::Path(std::path::absolute(path).map_err(|error| SampleError::Io {
                    action: "find",
                    path: path.clone(),
                    error,
                })?)
            }
            ModelRef::Embedded => ModelRef::Embedded,
        };
        // A host that exits for want of work in this very moment is started again.
        for _ in 0..2 {
            let connection = self.connection().await?;
            if let Some(info) = connection.load(&model).await? {
                return Ok(HostSampler::new(self.clone(), model, info));
            }
        }
        Err(SampleError::HostDied { times: 2, log: self.log().to_owned() })
    }

    /// Who answers: version, backend, threads.
    ///
    /// # Errors
    /// As [`connect_or_start`](Self::connect_or_start).
    pub async fn welcome(&self) -> Result<Welcome, SampleError> {
        Ok(self.connection().await?.welcome.clone())
    }

    /// What the host is doing.
    ///
    /// # Errors
    /// [`SampleError::HostDied`] when it went away.
    pub async fn status(&self) -> Result<StatusReport, SampleError> {
        let gone = || SampleError::HostDied { times: 1, log: self.log().to_owned() };
        self.connection().await?.status().await?.ok_or_else(gone)
    }

    /// Ends the host, for all its clients; those with work start it again.
    ///
    /// # Errors
    /// As [`connect_or_start`](Self::connect_or_start).
    pub async fn shut_down(&self) -> Result<(), SampleError> {
        self.connection().await?.shut_down();
        Ok(())
    }

    /// Where the host writes what llama.cpp says.
    pub fn log(&self) -> &Path {
        &self.inner.places.log
    }

    /// The open connection, or a new one, with a new host if need be.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, SampleError> {
        let mut shared = self.inner.connection.lock().await;
        if let Some(open) = shared.as_ref().filter(|connection| connection.is_open()) {
            return Ok(Arc::clone(open));
        }
        let open = Arc::new(self.inner.connect_or_start().await?);
        *shared = Some(Arc::clone(&open));
        Ok(open)
    }
}

/// Between two looks at whether the host listens yet.
const POLL: Duration = Duration::from_millis(5);
/// How long a program that was started may take to be there at all.
const PATIENCE: Duration = Duration::from_millis(700);
const STARTS_MAX: u32 = 3;

impl Inner {
    async fn connect_or_start(&self) -> Result<Connection, SampleError> {
        if let Some(connection) = self.try_connect().await? {
            return Ok(connection);
        }
        let program = locate::program(&self.options)?;
        let deadline = Instant::now() + self.options.start_timeout;
        let _lock = self.lock_start(deadline).await?;
        let mut started: Option<Instant> = None;
        let mut starts = 0;
        loop {
            // Whoever held the lock before may have started it.
            if let Some(connection) = self.try_connect().await? {
                return Ok(connection);
            }
            if Instant::now() > deadline {
                return Err(self.not_started("it does not open its socket"));
            }
            let is_due = started.is_none_or(|started| started.elapsed() > PATIENCE);
            if is_due && !self.host_is_alive() {
                // Once more: it may have met one that was just going.
                if starts == STARTS_MAX {
                    return Err(self.not_started("it ends before it opens its socket"));
                }
                starts += 1;
                started = Some(Instant::now());
                self.start(&program)?;
            }
            time::sleep(POLL).await;
        }
    }

    /// A host holds its lock from its first moment to its last.
    fn host_is_alive(&self) -> bool {
        let lock = File::options().write(true).open(&self.places.host_lock);
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// `None`: nobody listens.
    async fn try_connect(&self) -> Result<Option<Connection>, SampleError> {
        let Ok(stream) = transport::connect(&self.places.socket).await else { return Ok(None) };
        match Connection::open(stream).await {
            Ok(connection) => Ok(Some(connection)),
            Err(ConnectError::Nobody) => Ok(None),
            Err(ConnectError::Other(error)) => Err(error),
        }
    }

    /// One client at a time starts the host.
    async fn lock_start(&self, deadline: Instant) -> Result<File, SampleError> {
        let path = &self.places.start_lock;
        let failed = |error| SampleError::Io { action: "lock", path: path.clone(), error };
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(self.not_started("another program has been starting it for long"));
                }
                Err(TryLockError::WouldBlock) => time::sleep(POLL).await,
            }
        }
    }

    /// Starts the host so that it outlives this program and does not hear its terminal.
    fn start(&self, program: &Path) -> Result<(), SampleError> {
        let options = &self.options;
        let mut command = trusted::Command::new(program)
            .arg("--socket")
            .arg(&self.places.socket)
            .arg("--log")
            .arg(&self.places.log)
            .arg("--idle-exit-s")
            .arg(options.idle_exit.as_secs().to_string());
        if let Some(threads) = options.threads {
            command = command.arg("--threads").arg(threads.to_string());
        }
        if let Some(cache) = &options.cache {
            command = command.arg("--cache").arg(cache);
        }
        command
            .spawn_detached(Some(&self.places.log))
            .map(drop)
            .map_err(|error| self.not_started(&error.to_string()))
    }

    fn not_started(&self, reason: &str) -> SampleError {
        SampleError::HostNotStarted { reason: reason.to_owned(), log: self.places.log.clone() }
    }
}
