//! The tables and how they come to be. Main function: [`open`].
//!
//! The version lives in SQLite's `user_version`; a migration is one step from a version to the
//! next and runs in the same transaction as the change of the version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

/// The version this code writes.
pub(crate) const VERSION: i64 = 2;

/// Marks the file as zerr's own ("zerr" in ASCII), so that another program's database that
/// happens to have this name is never migrated.
const APPLICATION_ID: i64 = 0x7a65_7272;

/// How long a writer waits for another one. Commits take well under a millisecond, a checkpoint
/// on a slow disk may take seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Entry `n` leads from version `n` to `n + 1`.
const MIGRATIONS: [&str; VERSION as usize] = [
    "
CREATE TABLE runs (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL,
    spec_hash       TEXT NOT NULL,
    created_unix_ms INTEGER NOT NULL,
    arguments       TEXT NOT NULL,
    state           TEXT NOT NULL
) STRICT;
CREATE TABLE events (
    run     INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    unix_ms INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT,
    blob    TEXT,
    UNIQUE (run, seq),
    CHECK ((body IS NULL) <> (blob IS NULL))
) STRICT;
CREATE TABLE cache (
    key     TEXT PRIMARY KEY,
    unix_ms INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    body    TEXT,
    blob    TEXT,
    CHECK ((body IS NULL) <> (blob IS NULL))
) STRICT;
CREATE TABLE calibration (
    model          TEXT NOT NULL,
    role           TEXT NOT NULL,
    prompt_version INTEGER NOT NULL,
    language       TEXT NOT NULL,
    right          INTEGER NOT NULL,
    wrong          INTEGER NOT NULL,
    PRIMARY KEY (model, role, prompt_version, language)
) STRICT, WITHOUT ROWID;
",
    // Nobody wrote it: what was observed of models lies in the user's own folder.
    "DROP TABLE calibration;",
];

#[derive(Debug)]
pub(crate) enum SchemaError {
    Sqlite(rusqlite::Error),
    Newer { found: i64 },
    Foreign,
}

impl From<rusqlite::Error> for SchemaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens `path`, creates or migrates its tables, and sets the connection up. The caller keeps
/// other openers away meanwhile.
pub(crate) fn open(path: &Path) -> Result<Connection, SchemaError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    refuse_what_is_not_ours(&connection)?;
    // Kept in the file; lets `prune` give pages back. Only works before the first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
    set_up(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

pub(crate) fn open_in_memory() -> Result<Connection, SchemaError> {
    let mut connection = Connection::open_in_memory()?;
    set_up(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn refuse_what_is_not_ours(connection: &Connection) -> Result<(), SchemaError> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application = pragma(connection, "application_id")?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(SchemaError::Foreign);
    }
    let found = pragma(connection, "user_version")?;
    if found > VERSION {
        return Err(SchemaError::Newer { found });
    }
    Ok(())
}

fn set_up(connection: &Connection) -> Result<(), SchemaError> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // macOS only: a plain fsync there leaves data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The file may come from somebody else's repository.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), SchemaError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = pragma(&transaction, "user_version")?;
    let pending = usize::try_from(found).ok().and_then(|done| MIGRATIONS.get(done..));
    let Some(pending) = pending else { return Err(SchemaError::Foreign) };
    if pending.is_empty() {
        return Ok(());
    }
    for step in pending {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_the_first_version_is_brought_to_this_one() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(pragma(&connection, "user_version").unwrap(), VERSION);
        let left = "SELECT count(*) FROM sqlite_schema WHERE name = 'calibration'";
        let left: i64 = connection.query_row(left, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn second_opening_finds_the_first_ones_tables() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("zerr.db");
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        assert_eq!(pragma(&connection, "user_version").unwrap(), VERSION);
        assert_eq!(pragma(&connection, "application_id").unwrap(), APPLICATION_ID);
        let mode: String =
            connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }
}
