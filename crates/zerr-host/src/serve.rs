//! The host's life: one process for one socket, until it is told to go or has nothing to do.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use interprocess::local_socket::prelude::*;

use crate::{activity::Activity, connection, llama, log, models::Models, transport, worker};

pub(crate) struct Options {
    pub(crate) socket: PathBuf,
    pub(crate) log: Option<PathBuf>,
    pub(crate) cache: PathBuf,
    /// For llama.cpp; by the model's size where it is not given.
    pub(crate) threads: Option<u32>,
    pub(crate) idle_exit: Duration,
}

/// What all connections share.
pub(crate) struct Service {
    pub(crate) models: Models,
    pub(crate) activity: Arc<Activity>,
    pub(crate) backend: String,
    pub(crate) threads: Option<u32>,
    pub(crate) started: Instant,
    socket: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("another host serves this socket")]
    Taken,
    #[error("cannot {action} {path}: {error}")]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    #[error("llama.cpp does not start: {0}")]
    Llama(String),
}

/// Serves clients until the process ends; returns only when it cannot begin.
pub(crate) fn serve(options: &Options) -> Result<(), ServeError> {
    let io = |action: &'static str, path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| ServeError::Io { action, path, error }
    };
    if let Some(log) = &options.log {
        log::redirect(log).map_err(io("write the log", log))?;
    }
    let _lock = lock(&options.socket)?;
    let backend = llama::backend().map_err(ServeError::Llama)?;
    let listener =
        transport::listen(&options.socket).map_err(io("open the socket", &options.socket))?;
    let service = Arc::new(Service {
        models: Models::new(backend, options.cache.clone(), options.threads),
        activity: Activity::new(),
        backend: worker::backend_name(),
        threads: options.threads,
        started: Instant::now(),
        socket: options.socket.clone(),
    });
    leave_on_signal(&service);
    leave_when_idle(&service, options.idle_exit);
    for (client, stream) in (0..).zip(listener.incoming()) {
        let Ok(stream) = stream else { continue };
        let service = Arc::clone(&service);
        let spawned = thread::Builder::new()
            .name("client".into())
            .spawn(move || connection::serve(&service, client, stream));
        if let Err(error) = spawned {
            log::line(&format!("a client was turned away: {error}"));
        }
    }
    Ok(())
}

impl Service {
    /// Removes the socket and ends the process at once: what runs is lost, and clients that want
    /// it ask a new host. Static destructors are skipped, since llama.cpp's threads may be running.
    pub(crate) fn leave(&self) -> ! {
        transport::remove(&self.socket);
        #[cfg(unix)]
        // SAFETY: ends the process; nothing is touched afterwards.
        unsafe {
            libc::_exit(0)
        }
        #[cfg(not(unix))]
        std::process::exit(0)
    }
}

/// How long a host that is going may take to be gone.
const HANDOVER: Duration = Duration::from_secs(1);

/// Of several hosts that start at once, the one that gets the lock serves. The lock goes with the
/// process, however it ends; its file stays.
fn lock(socket: &Path) -> Result<File, ServeError> {
    let mut path = socket.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let error = |error| ServeError::Io { action: "lock", path: path.clone(), error };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(error)?;
    let deadline = Instant::now() + HANDOVER;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::Error(failed)) => return Err(error(failed)),
            Err(fs::TryLockError::WouldBlock) if Instant::now() > deadline => {
                return Err(ServeError::Taken);
            }
            Err(fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn leave_on_signal(service: &Arc<Service>) {
    let service = Arc::clone(service);
    if let Err(error) = ctrlc::set_handler(move || service.leave()) {
        log::line(&format!("signals are not handled: {error}"));
    }
}

fn leave_when_idle(service: &Arc<Service>, idle_exit: Duration) {
    let service = Arc::clone(service);
    thread::spawn(move || {
        service.activity.wait_idle(idle_exit);
        service.leave()
    });
}
