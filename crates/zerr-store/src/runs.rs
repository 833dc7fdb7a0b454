//! The list of runs. Main types: [`RunRow`], [`RunSummary`].

use rusqlite::{OptionalExtension as _, Row, params};

use crate::locks::{RunLock, check_name};
use crate::store::{Store, StoreError};

/// What is known when a run starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Unique; 1 to 80 of `a-z A-Z 0-9 . _ -`, not starting with a dot.
    pub id: String,
    /// For people: the name of the spec.
    pub title: String,
    /// Hash of the spec the run works on.
    pub spec_hash: String,
    pub created_unix_ms: u64,
    /// How the run was asked for, as JSON; this crate does not read it.
    pub arguments: String,
}

#[cfg(test)]
impl RunRow {
    pub(crate) fn named(id: &str, created_unix_ms: u64) -> RunRow {
        RunRow {
            id: id.to_owned(),
            title: format!("title of {id}"),
            spec_hash: "0".to_owned(),
            created_unix_ms,
            arguments: "{}".to_owned(),
        }
    }
}

/// One line of the list of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    pub run: RunRow,
    /// The engine's own word for where the run stands; empty until it is set.
    pub state: String,
    /// How many events its journal holds.
    pub events: u64,
}

const SUMMARY: &str = "SELECT id, title, spec_hash, created_unix_ms, arguments, state,
        (SELECT ifnull(max(seq) + 1, 0) FROM events WHERE run = number) FROM runs";

impl Store {
    /// Records a new run and locks it for this process.
    pub fn create_run(&self, row: &RunRow) -> Result<RunLock, StoreError> {
        let lock = self.shared.locks.run(&row.id)?;
        let inserted = self
            .connection()
            .prepare_cached(
                "INSERT INTO runs (id, title, spec_hash, created_unix_ms, arguments, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, '') ON CONFLICT (id) DO NOTHING",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    row.id,
                    row.title,
                    row.spec_hash,
                    stored(row.created_unix_ms),
                    row.arguments
                ])
            })
            .map_err(|source| self.sqlite(source))?;
        if inserted == 0 {
            return Err(StoreError::RunExists { run: row.id.clone() });
        }
        Ok(lock)
    }

    /// Locks a recorded run for this process, or says that another one has it.
    pub fn lock_run(&self, id: &str) -> Result<RunLock, StoreError> {
        // First, so that asking for a run that is not there leaves no lock file behind.
        self.run_number(id)?;
        let lock = self.shared.locks.run(id)?;
        // Again, because it may have been pruned before it was locked.
        self.run_number(id)?;
        Ok(lock)
    }

    /// All runs, newest first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.summaries("ORDER BY created_unix_ms DESC, number DESC", [])
    }

    /// The one run whose id is `prefix` or, failing that, starts with it.
    pub fn find_run(&self, prefix: &str) -> Result<RunSummary, StoreError> {
        let not_found = || StoreError::RunNotFound { run: prefix.chars().take(80).collect() };
        // An id has no characters that GLOB or anything else gives a meaning to, but the
        // prefix may: such a prefix fits no id.
        check_name(prefix).map_err(|_| not_found())?;
        let mut fitting = self.summaries(
            "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY created_unix_ms DESC, number DESC",
            [prefix],
        )?;
        if let Some(exact) = fitting.iter().position(|summary| summary.run.id == prefix) {
            return Ok(fitting.swap_remove(exact));
        }
        if fitting.len() > 1 {
            let matches = fitting.into_iter().map(|summary| summary.run.id).collect();
            return Err(StoreError::RunAmbiguous { prefix: prefix.to_owned(), matches });
        }
        fitting.pop().ok_or_else(not_found)
    }

    /// Records the engine's word for where a run stands.
    pub fn set_run_state(&self, id: &str, state: &str) -> Result<(), StoreError> {
        let changed = self
            .connection()
            .execute("UPDATE runs SET state = ?2 WHERE id = ?1", [id, state])
            .map_err(|source| self.sqlite(source))?;
        if changed == 0 {
            return Err(StoreError::RunNotFound { run: id.to_owned() });
        }
        Ok(())
    }

    pub(crate) fn run_number(&self, id: &str) -> Result<i64, StoreError> {
        self.connection()
            .query_row("SELECT number FROM runs WHERE id = ?1", [id], |row| row.get(0))
            .optional()
            .map_err(|source| self.sqlite(source))?
            .ok_or_else(|| StoreError::RunNotFound { run: id.chars().take(80).collect() })
    }

    fn summaries(
        &self,
        rest: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<RunSummary>, StoreError> {
        let connection = self.connection();
        connection
            .prepare_cached(&format!("{SUMMARY} {rest}"))
            .and_then(|mut select| select.query_map(params, summary)?.collect())
            .map_err(|source| self.sqlite(source))
    }
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    Ok(RunSummary {
        run: RunRow {
            id: row.get(0)?,
            title: row.get(1)?,
            spec_hash: row.get(2)?,
            created_unix_ms: loaded(row.get(3)?),
            arguments: row.get(4)?,
        },
        state: row.get(5)?,
        events: loaded(row.get(6)?),
    })
}

/// SQLite's integers are signed; times and counts never come near the difference.
pub(crate) fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn loaded(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_listed_newest_first() {
        let store = Store::open_in_memory().unwrap();
        for (id, at) in [("b", 20), ("c", 30), ("a", 10)] {
            drop(store.create_run(&RunRow::named(id, at)).unwrap());
        }
        store.set_run_state("b", "finished").unwrap();
        let runs = store.runs().unwrap();
        let listed: Vec<_> =
            runs.iter().map(|run| (run.run.id.as_str(), run.state.as_str())).collect();
        assert_eq!(listed, [("c", ""), ("b", "finished"), ("a", "")]);
        assert_eq!(runs[1].run, RunRow::named("b", 20));
    }

    #[test]
    fn unique_prefix_finds_a_run_and_an_ambiguous_one_names_them() {
        let store = Store::open_in_memory().unwrap();
        for (id, at) in [("abc1", 1), ("abc2", 2), ("abc", 3), ("x_y", 4)] {
            drop(store.create_run(&RunRow::named(id, at)).unwrap());
        }
        assert_eq!(store.find_run("abc1").unwrap().run.id, "abc1");
        assert_eq!(store.find_run("abc").unwrap().run.id, "abc", "an exact id wins");
        assert_eq!(store.find_run("x").unwrap().run.id, "x_y");
        let error = store.find_run("ab").unwrap_err();
        assert!(
            matches!(&error, StoreError::RunAmbiguous { matches, .. }
                if matches == &["abc", "abc2", "abc1"]),
            "{error:?}"
        );
        for nothing in ["zz", "", "a%", "x__", "*", "../x"] {
            let error = store.find_run(nothing).unwrap_err();
            assert!(matches!(error, StoreError::RunNotFound { .. }), "{nothing}: {error:?}");
        }
    }

    #[test]
    fn run_has_one_owner_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (Store::open(root.path()).unwrap(), Store::open(root.path()).unwrap());
        let lock = one.create_run(&RunRow::named("r", 1)).unwrap();
        let error = two.lock_run("r").unwrap_err();
        assert!(
            matches!(error, StoreError::RunInUse { pid: Some(pid), .. } if pid == std::process::id()),
            "{error:?}"
        );
        let other = two.create_run(&RunRow::named("s", 2)).unwrap();
        assert_eq!(other.run(), "s");
        drop(lock);
        assert_eq!(two.lock_run("r").unwrap().run(), "r");
    }

    #[test]
    fn id_that_cannot_name_a_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        for id in ["", "..", ".hidden", "a/b", "a\\b", "é", "a b", &"x".repeat(81)] {
            let error = store.create_run(&RunRow::named(id, 1)).unwrap_err();
            assert!(matches!(error, StoreError::Name { .. }), "{id}: {error:?}");
        }
        let error = store.lock_run("nothing").unwrap_err();
        assert!(matches!(error, StoreError::RunNotFound { .. }), "{error:?}");
        assert!(!root.path().join(".zerr/locks/nothing.lock").exists());
    }

    #[test]
    fn id_is_used_once() {
        let store = Store::open_in_memory().unwrap();
        let held = store.create_run(&RunRow::named("r", 1)).unwrap();
        let error = store.create_run(&RunRow::named("r", 2)).unwrap_err();
        assert!(matches!(error, StoreError::RunInUse { .. }), "{error:?}");
        drop(held);
        let error = store.create_run(&RunRow::named("r", 2)).unwrap_err();
        assert!(matches!(error, StoreError::RunExists { .. }), "{error:?}");
    }
}
