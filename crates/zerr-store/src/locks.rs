//! Who may do what at the same time as others. Main types: [`RunLock`], [`Locks`].
//!
//! The locks are the operating system's advisory file locks (`std::fs::File::try_lock`): they
//! are freed when their owner dies, however it dies, so that there is nothing to clean up and no
//! guess about whether a recorded process still lives. The process id written into a lock's file
//! is for messages only.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::StoreError;

/// Proof that this process alone works on a run. Dropping it frees the run.
#[derive(Debug)]
pub struct RunLock {
    run: String,
    held: Held,
}

impl RunLock {
    /// The id of the run that is locked.
    pub fn run(&self) -> &str {
        &self.run
    }
}

#[derive(Debug)]
enum Held {
    /// Closing the file frees the lock.
    File {
        file: File,
        path: PathBuf,
    },
    Memory {
        taken: Arc<Mutex<BTreeSet<String>>>,
    },
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Held::Memory { taken } = &self.held {
            taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run);
        }
    }
}

/// The locks of one store.
#[derive(Debug)]
pub(crate) enum Locks {
    Disk { folder: PathBuf },
    Memory { taken: Arc<Mutex<BTreeSet<String>>> },
}

/// A lock that is held until it is dropped; nothing for a store in memory, which nobody shares.
#[derive(Debug)]
pub(crate) struct Guard {
    _file: Option<File>,
}

impl Locks {
    pub(crate) fn on_disk(folder: PathBuf) -> Result<Locks, StoreError> {
        std::fs::create_dir_all(&folder).map_err(|source| StoreError::from_io(&folder, source))?;
        Ok(Locks::Disk { folder })
    }

    pub(crate) fn in_memory() -> Locks {
        Locks::Memory { taken: Arc::default() }
    }

    /// Takes a run's lock or says who has it.
    pub(crate) fn run(&self, run: &str) -> Result<RunLock, StoreError> {
        check_name(run)?;
        let run = run.to_owned();
        match self {
            Locks::Memory { taken } => {
                let free = taken.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone());
                if !free {
                    return Err(StoreError::RunInUse { run, pid: Some(std::process::id()) });
                }
                Ok(RunLock { run, held: Held::Memory { taken: Arc::clone(taken) } })
            }
            Locks::Disk { folder } => {
                let path = folder.join(format!("{run}.lock"));
                let failed = |source| StoreError::from_io(&path, source);
                loop {
                    let mut file = open(&path)?;
                    match file.try_lock() {
                        Ok(()) => {}
                        Err(TryLockError::WouldBlock) => {
                            return Err(StoreError::RunInUse { run, pid: written_pid(file) });
                        }
                        Err(TryLockError::Error(source)) => return Err(failed(source)),
                    }
                    // Pruning removes the file of a run that is gone: a lock on a file that has
                    // no name any more would exclude nobody.
                    if !is_named(&file, &path) {
                        continue;
                    }
                    file.set_len(0).map_err(failed)?;
                    file.rewind().map_err(failed)?;
                    write!(file, "{}", std::process::id()).map_err(failed)?;
                    return Ok(RunLock { run, held: Held::File { file, path } });
                }
            }
        }
    }

    /// Held while a store is opened and migrated.
    pub(crate) fn opening(&self) -> Result<Guard, StoreError> {
        self.wait("opening", File::lock)
    }

    /// Held from writing a blob until the row that names it is committed.
    pub(crate) fn blobs_shared(&self) -> Result<Guard, StoreError> {
        self.wait("blobs", File::lock_shared)
    }

    /// Held while unreferenced blobs are removed: no writer is between its blob and its row.
    pub(crate) fn blobs_alone(&self) -> Result<Guard, StoreError> {
        self.wait("blobs", File::lock)
    }

    /// The name starts with a dot, which no run's id does.
    fn wait(
        &self,
        name: &str,
        lock: fn(&File) -> std::io::Result<()>,
    ) -> Result<Guard, StoreError> {
        let Locks::Disk { folder } = self else { return Ok(Guard { _file: None }) };
        let path = folder.join(format!(".{name}.lock"));
        // A new handle each time: two threads on one handle would share, and free, one lock.
        let file = open(&path)?;
        lock(&file).map_err(|source| StoreError::from_io(&path, source))?;
        Ok(Guard { _file: Some(file) })
    }
}

/// Removes the lock's file after its run has been deleted; the lock is still held.
pub(crate) fn retire(lock: &RunLock) {
    if cfg!(unix)
        && let Held::File { file, path } = &lock.held
    {
        debug_assert!(is_named(file, path), "the name changes only under the lock");
        // A file that stays behind is harmless: the next owner reuses it.
        let _ = std::fs::remove_file(path);
    }
}

/// Ids and names become file names: no separators, nothing hidden, nothing special.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 80 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(StoreError::Name { name: name.chars().take(80).collect() });
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|source| StoreError::from_io(path, source))
}

fn written_pid(file: File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(named)) => held.dev() == named.dev() && held.ino() == named.ino(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_named(_file: &File, _path: &Path) -> bool {
    // Elsewhere `retire` leaves the file, so that its name never changes hands.
    true
}
