//! Giving space back. Main function: [`Store::prune`].

use std::collections::BTreeSet;
use std::io;

use rusqlite::params;

use crate::locks::{self, RunLock};
use crate::runs::stored;
use crate::store::{Store, StoreError};

/// What survives pruning: a run stays when either rule keeps it, or while it is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The newest so many runs.
    pub runs: usize,
    /// Runs and cached answers from this time on.
    pub since_unix_ms: u64,
}

/// What pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub runs: u64,
    pub cached: u64,
    pub blobs: u64,
    /// Bytes of the removed blobs.
    pub blob_bytes: u64,
}

impl Store {
    /// Drops old runs with their evidence, old cached answers, and blobs that nothing names.
    pub fn prune(&self, keep: Keep) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        for summary in self.runs()?.into_iter().skip(keep.runs) {
            if summary.run.created_unix_ms >= keep.since_unix_ms {
                continue;
            }
            match self.lock_run(&summary.run.id) {
                Ok(lock) => self.drop_run(&lock)?,
                Err(StoreError::RunInUse { .. } | StoreError::RunNotFound { .. }) => continue,
                Err(error) => return Err(error),
            }
            pruned.runs += 1;
        }
        pruned.cached = self
            .connection()
            .execute("DELETE FROM cache WHERE unix_ms < ?1", [stored(keep.since_unix_ms)])
            .map_err(|source| self.sqlite(source))? as u64;
        (pruned.blobs, pruned.blob_bytes) = self.drop_blobs()?;
        self.connection()
            .execute_batch("PRAGMA incremental_vacuum")
            .map_err(|source| self.sqlite(source))?;
        Ok(pruned)
    }

    fn drop_run(&self, lock: &RunLock) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM runs WHERE id = ?1", params![lock.run()])
            .map_err(|source| self.sqlite(source))?;
        if let Some(evidence) = self.evidence_folder(lock.run())? {
            match std::fs::remove_dir_all(&evidence) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::from_io(&evidence, error));
                }
                _ => {}
            }
        }
        locks::retire(lock);
        Ok(())
    }

    fn drop_blobs(&self) -> Result<(u64, u64), StoreError> {
        let Some(blobs) = &self.shared.blobs else { return Ok((0, 0)) };
        let _alone = self.shared.locks.blobs_alone()?;
        let referenced: BTreeSet<String> = self
            .connection()
            .prepare(
                "SELECT blob FROM events WHERE blob IS NOT NULL
                 UNION SELECT blob FROM cache WHERE blob IS NOT NULL",
            )
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
            .map_err(|source| self.sqlite(source))?;
        blobs.retain(|name| referenced.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CacheEntry, Entry, RunRow};

    fn run_with_blob(store: &Store, id: &str, at: u64, text: &str) -> crate::Journal {
        let lock = store.create_run(&RunRow::named(id, at)).unwrap();
        let mut journal = store.journal(lock).unwrap();
        journal.append(&[Entry { unix_ms: at, kind: "k", body: text.repeat(5000) }]).unwrap();
        journal
    }

    #[test]
    fn old_runs_go_with_their_blobs_and_evidence_and_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        for (id, at, text) in [("old", 1, "a"), ("also-old", 2, "b"), ("new", 3, "b")] {
            drop(run_with_blob(&store, id, at, text));
            store.write_evidence(id, "e", b"").unwrap();
        }
        let (old, new) = ("x".repeat(5000), "y".repeat(5000));
        store
            .cache_put(&[
                CacheEntry { key: "old", unix_ms: 1, kind: "k", body: &old },
                CacheEntry { key: "new", unix_ms: 3, kind: "k", body: &new },
            ])
            .unwrap();
        let pruned = store.prune(Keep { runs: 1, since_unix_ms: 3 }).unwrap();
        assert_eq!(pruned, Pruned { runs: 2, cached: 1, blobs: 2, blob_bytes: 10_000 });
        let left: Vec<_> = store.runs().unwrap().into_iter().map(|run| run.run.id).collect();
        assert_eq!(left, ["new"]);
        assert_eq!(store.events("new").unwrap().next().unwrap().unwrap().body, "b".repeat(5000));
        assert_eq!(store.cache_get("new").unwrap().unwrap().body, new);
        assert!(!root.path().join(".zerr/evidence/old").exists());
        assert!(root.path().join(".zerr/evidence/new/e").exists());
        assert_eq!(
            store.prune(Keep { runs: 1, since_unix_ms: 3 }).unwrap(),
            Pruned::default(),
            "nothing is left to prune"
        );
    }

    #[test]
    fn run_that_somebody_works_on_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let journal = run_with_blob(&store, "busy", 1, "a");
        let other = Store::open(root.path()).unwrap();
        let everything = Keep { runs: 0, since_unix_ms: u64::MAX };
        assert_eq!(other.prune(everything).unwrap().runs, 0);
        drop(journal);
        assert_eq!(other.prune(everything).unwrap().runs, 1);
        assert!(!root.path().join(".zerr/locks/busy.lock").exists() || cfg!(not(unix)));
    }
}
