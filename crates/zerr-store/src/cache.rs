//! Answers to actions, by the hash of the action's content, across runs. Main type:
//! [`CacheEntry`].
//!
//! The cache is what makes a changed spec run again only where it changed. Losing an entry
//! costs time, never correctness: a damaged one is a miss.

use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::journal::{Durability, Text, with_durability};
use crate::runs::stored;
use crate::store::{Store, StoreError};

/// One answer to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheEntry<'a> {
    /// Hash of everything the answer depends on.
    pub key: &'a str,
    pub unix_ms: u64,
    pub kind: &'a str,
    pub body: &'a str,
}

/// One answer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    pub kind: String,
    pub body: String,
}

impl Store {
    /// Keeps answers, in one transaction; an answer under the same key is replaced.
    pub fn cache_put(&self, answers: &[CacheEntry<'_>]) -> Result<(), StoreError> {
        let placed = self.place(answers.iter().map(|entry| entry.body))?;
        with_durability(&mut self.connection(), Durability::Kill, |transaction| {
            insert(transaction, answers, &placed.texts)
        })
        .map_err(|source| self.sqlite(source))
    }

    /// The answer under `key`, if there is a whole one.
    pub fn cache_get(&self, key: &str) -> Result<Option<Cached>, StoreError> {
        type Columns = (String, Option<String>, Option<String>);
        let found: Option<Columns> = self
            .connection()
            .prepare_cached("SELECT kind, body, blob FROM cache WHERE key = ?1")
            .and_then(|mut select| {
                select
                    .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()
            })
            .map_err(|source| self.sqlite(source))?;
        let Some((kind, body, blob)) = found else { return Ok(None) };
        match self.fetch(body, blob.as_deref()) {
            Ok(body) => Ok(Some(Cached { kind, body })),
            Err(StoreError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    answers: &[CacheEntry<'_>],
    texts: &[Text<'_>],
) -> rusqlite::Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    let mut replace = transaction.prepare_cached(
        "INSERT OR REPLACE INTO cache (key, unix_ms, kind, body, blob)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (entry, text) in answers.iter().zip(texts) {
        let (body, blob) = text.columns();
        replace.execute(params![entry.key, stored(entry.unix_ms), entry.kind, body, blob])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(key: &'a str, body: &'a str) -> CacheEntry<'a> {
        CacheEntry { key, unix_ms: 7, kind: "sampled", body }
    }

    #[test]
    fn answer_is_found_by_another_store_and_replaced_by_a_later_one() {
        let root = tempfile::tempdir().unwrap();
        let large = "é".repeat(10_000);
        let one = Store::open(root.path()).unwrap();
        one.cache_put(&[entry("a", "1"), entry("b", &large)]).unwrap();
        let two = Store::open(root.path()).unwrap();
        let body = |key| two.cache_get(key).unwrap().map(|cached| cached.body);
        assert_eq!(body("a").as_deref(), Some("1"));
        assert_eq!(body("b").as_ref(), Some(&large));
        assert_eq!(body("c"), None);
        one.cache_put(&[entry("a", "2")]).unwrap();
        assert_eq!(body("a").as_deref(), Some("2"));
        assert_eq!(two.cache_get("a").unwrap().unwrap().kind, "sampled");
    }

    #[test]
    fn damaged_answer_is_a_miss_and_can_be_put_again() {
        let root = tempfile::tempdir().unwrap();
        let large = "x".repeat(5000);
        let store = Store::open(root.path()).unwrap();
        store.cache_put(&[entry("a", &large)]).unwrap();
        std::fs::remove_dir_all(root.path().join(".zerr/blobs")).unwrap();
        assert_eq!(store.cache_get("a").unwrap(), None);
        store.cache_put(&[entry("a", &large)]).unwrap();
        assert_eq!(store.cache_get("a").unwrap().unwrap().body, large);
    }
}
