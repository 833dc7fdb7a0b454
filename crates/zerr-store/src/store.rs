//! Opening a store and telling what went wrong with it. Main types: [`Store`], [`StoreError`].
//!
//! A `Store` is a cheap handle: clones share one connection behind a mutex, other processes and
//! other `Store`s on the same folder have their own and meet in SQLite.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode};

use crate::blobs::Blobs;
use crate::locks::Locks;
use crate::schema;

/// The name of a project's folder.
pub const FOLDER: &str = ".zerr";

/// A handle on one `.zerr` folder. Clones share the connection; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    connection: Mutex<Connection>,
    /// What error messages call the database.
    pub(crate) database: PathBuf,
    pub(crate) locks: Locks,
    pub(crate) blobs: Option<Blobs>,
    /// The `.zerr` folder; none for a store in memory.
    pub(crate) folder: Option<PathBuf>,
}

impl Store {
    /// Opens `root/.zerr`, creating and migrating what is missing.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        Store::open_folder(&root.join(FOLDER))
    }

    /// Opens `root/.zerr` where it is there already: who only looks something up makes none.
    pub fn open_existing(root: &Path) -> Result<Option<Store>, StoreError> {
        root.join(FOLDER).is_dir().then(|| Store::open(root)).transpose()
    }

    /// Opens a store that lives in `folder` itself, such as one in the user's data folder.
    pub fn open_folder(folder: &Path) -> Result<Store, StoreError> {
        let at = |path: PathBuf| move |source| StoreError::from_io(&path, source);
        let database = folder.join("zerr.db");
        std::fs::create_dir_all(folder).map_err(at(folder.to_path_buf()))?;
        let gitignore = folder.join(".gitignore");
        if !gitignore.exists() {
            std::fs::write(&gitignore, "*\n").map_err(at(gitignore))?;
        }
        let locks = Locks::on_disk(folder.join("locks"))?;
        // SQLite does not wait while the journal mode changes, so that two commands that start
        // together in a new folder would fail without this lock.
        let _opening = locks.opening()?;
        let connection =
            schema::open(&database).map_err(|error| StoreError::from_schema(&database, error))?;
        Ok(Store {
            shared: Arc::new(Shared {
                connection: Mutex::new(connection),
                database,
                locks,
                blobs: Some(Blobs::new(folder.join("blobs"))),
                folder: Some(folder.to_path_buf()),
            }),
        })
    }

    /// A store without a folder: nothing is written, everything is lost when the last clone
    /// goes. Large texts stay in the database and evidence has no place.
    pub fn open_in_memory() -> Result<Store, StoreError> {
        let database = PathBuf::from(":memory:");
        let connection =
            schema::open_in_memory().map_err(|error| StoreError::from_schema(&database, error))?;
        Ok(Store {
            shared: Arc::new(Shared {
                connection: Mutex::new(connection),
                database,
                locks: Locks::in_memory(),
                blobs: None,
                folder: None,
            }),
        })
    }

    /// The folder this store lives in; none for a store in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.shared.folder.as_deref()
    }

    /// Reads the whole database and reports damage that opening does not notice. Takes time
    /// in proportion to the file's size.
    pub fn check(&self) -> Result<(), StoreError> {
        let report = self
            .connection()
            .query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
            .map_err(|source| self.sqlite(source))?;
        if report == "ok" {
            return Ok(());
        }
        Err(StoreError::Damaged { path: self.shared.database.clone(), detail: report })
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the mutex was held rolled its transaction back: the connection is whole.
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.shared.database, source)
    }
}

/// Why the store could not do what it was asked to. [`StoreError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("cannot write to {}: permission denied or read-only", path.display())]
    ReadOnly { path: PathBuf },
    #[error("cannot write to {}: the disk is full", path.display())]
    DiskFull { path: PathBuf },
    #[error("{} is not a zerr database", path.display())]
    NotAStore { path: PathBuf },
    #[error("{} is damaged: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },
    #[error("{} has schema version {found}, this zerr knows up to {supported}", path.display())]
    NewerSchema { path: PathBuf, found: i64, supported: i64 },
    #[error("{} stayed locked by another process", path.display())]
    Busy { path: PathBuf },
    #[error("run {run} is in use{}", pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    RunInUse { run: String, pid: Option<u32> },
    #[error("no run {run:?}")]
    RunNotFound { run: String },
    #[error("{prefix:?} fits {} runs: {}", matches.len(), matches.join(", "))]
    RunAmbiguous { prefix: String, matches: Vec<String> },
    #[error("run {run} exists already")]
    RunExists { run: String },
    #[error("{name:?} cannot name a file: 1 to 80 of a-z A-Z 0-9 . _ -, not starting with a dot")]
    Name { name: String },
    #[error("another writer appended event {seq} of run {run}")]
    SequenceTaken { run: String, seq: u64 },
    #[error("cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("cannot use {}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl StoreError {
    /// What the user can do about it, where there is something to say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ReadOnly { .. } => Some("make the folder writable, or run zerr in another one"),
            Self::DiskFull { .. } => {
                Some("free some space, then resume the run: what was recorded is kept")
            }
            Self::NotAStore { .. } | Self::Damaged { .. } => Some(
                "move the .zerr folder aside to start anew; the runs recorded in it are then \
                 no longer listed",
            ),
            Self::NewerSchema { .. } => Some("use the newer zerr that wrote it"),
            Self::Busy { .. } => Some("try again when the other command has finished"),
            Self::RunInUse { .. } => Some("wait for the other command, or stop it"),
            Self::RunNotFound { .. } => Some("`cargo zerr runs list` shows what there is"),
            Self::RunAmbiguous { .. } => Some("give more characters of the run's id"),
            Self::RunExists { .. }
            | Self::Name { .. }
            | Self::SequenceTaken { .. }
            | Self::Io { .. }
            | Self::Sqlite { .. } => None,
        }
    }

    pub(crate) fn from_io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_path_buf();
        // No room for the log's index is reported as a plain input/output error.
        let is_without_room = source
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        match source.sqlite_error_code() {
            _ if is_without_room => Self::DiskFull { path },
            Some(ErrorCode::NotADatabase) => Self::NotAStore { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, detail: source.to_string() },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            _ => Self::Sqlite { path, source },
        }
    }

    fn from_schema(path: &Path, error: schema::SchemaError) -> StoreError {
        match error {
            schema::SchemaError::Sqlite(source) => Self::from_sqlite(path, source),
            schema::SchemaError::Newer { found } => {
                Self::NewerSchema { path: path.to_path_buf(), found, supported: schema::VERSION }
            }
            schema::SchemaError::Foreign => Self::NotAStore { path: path.to_path_buf() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, RunRow};

    fn database(root: &Path) -> PathBuf {
        root.join(".zerr/zerr.db")
    }

    fn filled(root: &Path) -> Store {
        let store = Store::open(root).unwrap();
        let lock = store.create_run(&RunRow::named("r1", 1)).unwrap();
        let mut journal = store.journal(lock).unwrap();
        for group in 0..50u64 {
            let entries: Vec<Entry> = (0..10)
                .map(|_| Entry { unix_ms: group, kind: "k", body: "x".repeat(500) })
                .collect();
            journal.append(&entries).unwrap();
        }
        store
    }

    #[test]
    fn folder_ignores_itself() {
        let root = tempfile::tempdir().unwrap();
        Store::open(root.path()).unwrap();
        assert_eq!(std::fs::read_to_string(root.path().join(".zerr/.gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn text_file_is_not_a_store() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".zerr")).unwrap();
        std::fs::write(database(root.path()), "just some text\n".repeat(500)).unwrap();
        let error = Store::open(root.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
        assert!(error.hint().is_some_and(|hint| hint.contains("aside")));
    }

    #[test]
    fn database_of_another_program_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".zerr")).unwrap();
        let other = Connection::open(database(root.path())).unwrap();
        other.execute_batch("CREATE TABLE theirs(x)").unwrap();
        drop(other);
        let before = std::fs::read(database(root.path())).unwrap();
        let error = Store::open(root.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
        assert_eq!(std::fs::read(database(root.path())).unwrap(), before);
    }

    #[test]
    fn truncated_database_is_damaged() {
        let root = tempfile::tempdir().unwrap();
        drop(filled(root.path()));
        let file = std::fs::OpenOptions::new().write(true).open(database(root.path())).unwrap();
        let length = file.metadata().unwrap().len();
        assert!(length > 100_000, "the log was merged into the database: {length}");
        file.set_len(length / 2).unwrap();
        let error = Store::open(root.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }

    #[test]
    fn overwritten_pages_are_damage_not_data() {
        let root = tempfile::tempdir().unwrap();
        drop(filled(root.path()));
        let path = database(root.path());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[3 * 4096..].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let outcome = Store::open(root.path()).and_then(|store| store.check());
        assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
    }

    #[test]
    fn newer_schema_is_refused_and_kept() {
        let root = tempfile::tempdir().unwrap();
        drop(filled(root.path()));
        let future = Connection::open(database(root.path())).unwrap();
        future.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
        drop(future);
        let error = Store::open(root.path()).unwrap_err();
        assert!(
            matches!(error, StoreError::NewerSchema { found, supported, .. }
                if found == schema::VERSION + 1 && supported == schema::VERSION),
            "{error:?}"
        );
    }

    #[test]
    fn full_disk_fails_the_group_and_keeps_the_rest() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let lock = store.create_run(&RunRow::named("r1", 1)).unwrap();
        let mut journal = store.journal(lock).unwrap();
        let entry = || Entry { unix_ms: 0, kind: "k", body: "x".repeat(3000) };
        journal.append(&[entry()]).unwrap();
        store
            .connection()
            .query_row("PRAGMA max_page_count = 30", [], |row| row.get::<_, i64>(0))
            .unwrap();
        let group: Vec<Entry> = (0..100).map(|_| entry()).collect();
        let error = journal.append(&group).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert!(error.hint().is_some());
        assert_eq!(store.events("r1").unwrap().count(), 1);
        assert_eq!(journal.append(&[entry()]).unwrap(), 1..2, "the next group follows the last");
    }

    #[test]
    fn disk_without_room_for_the_logs_index_is_full() {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        let source = rusqlite::Error::SqliteFailure(code, None);
        let error = StoreError::from_sqlite(Path::new("db"), source);
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    }

    #[test]
    fn handles_may_be_shared_and_sent_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Store>();
        check::<crate::Journal>();
    }

    #[test]
    fn file_in_the_place_of_the_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(".zerr"), "").unwrap();
        let error = Store::open(root.path()).unwrap_err();
        assert!(error.to_string().contains(".zerr"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn read_only_folder_is_said_to_be_read_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
        // Permissions do not bind root; the kernel's own file system refuses it too.
        let writable = std::fs::write(root.path().join("probe"), "").is_ok();
        let place = if writable { Path::new("/sys/kernel") } else { root.path() };
        let error = Store::open(place).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
}
