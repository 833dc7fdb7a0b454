//! The log of a run: appended in groups, read back in order. Main types: [`Journal`], [`Events`].
//!
//! # Invariants
//! - A group is one transaction: readers, a resumed run and a reopened file see all of it or
//!   nothing.
//! - A journal exists only together with its run's lock.

use std::ops::Range;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::blobs::INLINE_MAX_BYTES;
use crate::cache::{self, CacheEntry};
use crate::locks::{Guard, RunLock};
use crate::runs::{loaded, stored};
use crate::store::{Store, StoreError};

/// Events fetched at a time while a journal is read.
const PAGE_ROWS: i64 = 256;

/// One event to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub unix_ms: u64,
    pub kind: &'a str,
    /// Usually JSON; this crate does not read it.
    pub body: String,
}

/// One event as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Position in the run, from 0, without gaps.
    pub seq: u64,
    pub unix_ms: u64,
    pub kind: String,
    pub body: String,
}

/// What a group has to survive once `append` has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Death of the process, however it comes. Costs microseconds.
    Kill,
    /// Also a power cut, together with everything committed before. Waits for the disk.
    PowerCut,
}

/// Appends to one run, which it keeps locked.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    lock: RunLock,
    number: i64,
    next_seq: u64,
}

impl Store {
    /// Opens the journal of a locked run, new or resumed: it goes on after the last event.
    pub fn journal(&self, lock: RunLock) -> Result<Journal, StoreError> {
        let number = self.run_number(lock.run())?;
        let next_seq: i64 = self
            .connection()
            .query_row(
                "SELECT ifnull(max(seq) + 1, 0) FROM events WHERE run = ?1",
                [number],
                |row| row.get(0),
            )
            .map_err(|source| self.sqlite(source))?;
        Ok(Journal { store: self.clone(), lock, number, next_seq: loaded(next_seq) })
    }

    /// The events of a run in order. Reads a page at a time, holds no lock between pages, and
    /// sees groups that are appended while it reads.
    pub fn events(&self, run: &str) -> Result<Events, StoreError> {
        let number = self.run_number(run)?;
        Ok(Events {
            store: self.clone(),
            run: run.to_owned(),
            number,
            next_seq: 0,
            page: Vec::new().into_iter(),
            is_done: false,
        })
    }
}

impl Journal {
    /// The id of the run.
    pub fn run(&self) -> &str {
        self.lock.run()
    }

    /// The sequence number the next event gets, which is the number of events so far.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Appends a group that survives the death of the process. Returns its sequence numbers.
    pub fn append(&mut self, group: &[Entry<'_>]) -> Result<Range<u64>, StoreError> {
        self.append_with_cache(group, &[], Durability::Kill)
    }

    /// Appends a group and puts answers into the action cache in the same transaction. After
    /// an error nothing of either is stored and the journal can go on.
    pub fn append_with_cache(
        &mut self,
        group: &[Entry<'_>],
        answers: &[CacheEntry<'_>],
        durability: Durability,
    ) -> Result<Range<u64>, StoreError> {
        let first = self.next_seq;
        if group.is_empty() && answers.is_empty() {
            return Ok(first..first);
        }
        let texts =
            group.iter().map(|entry| &*entry.body).chain(answers.iter().map(|entry| entry.body));
        let placed = self.store.place(texts)?;
        let (bodies, answer_bodies) = placed.texts.split_at(group.len());
        let mut connection = self.store.connection();
        let committed = with_durability(&mut connection, durability, |transaction| {
            let mut seq = first;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events (run, seq, unix_ms, kind, body, blob)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for (entry, text) in group.iter().zip(bodies) {
                let (body, blob) = text.columns();
                let unix_ms = stored(entry.unix_ms);
                insert.execute(params![
                    self.number,
                    stored(seq),
                    unix_ms,
                    entry.kind,
                    body,
                    blob
                ])?;
                seq += 1;
            }
            cache::insert(transaction, answers, answer_bodies)?;
            Ok(seq)
        });
        drop(connection);
        self.next_seq = committed.map_err(|source| self.failed(first, source))?;
        Ok(first..self.next_seq)
    }

    fn failed(&self, seq: u64, source: rusqlite::Error) -> StoreError {
        match source.sqlite_error() {
            Some(error) if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
                StoreError::SequenceTaken { run: self.run().to_owned(), seq }
            }
            _ => self.store.sqlite(source),
        }
    }
}

/// Runs `work` in a transaction that has the write lock from its start, so that waiting for
/// another writer happens before anything is done.
pub(crate) fn with_durability<T>(
    connection: &mut Connection,
    durability: Durability,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    // A commit under FULL syncs the whole log, and with it every commit made before.
    let synced = durability == Durability::PowerCut;
    if synced {
        connection.execute_batch("PRAGMA synchronous = FULL")?;
    }
    let outcome = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(
        |transaction| {
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        },
    );
    if synced {
        connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    }
    outcome
}

/// Where the texts of a group are kept; holds removal of blobs off until it is dropped.
pub(crate) struct Placed<'a> {
    pub(crate) texts: Vec<Text<'a>>,
    _blobs: Option<Guard>,
}

/// A text in its row, or the name of its blob.
pub(crate) enum Text<'a> {
    Inline(&'a str),
    Blob(String),
}

impl Text<'_> {
    /// The values of the columns `body` and `blob`.
    pub(crate) fn columns(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Text::Inline(body) => (Some(body), None),
            Text::Blob(name) => (None, Some(name)),
        }
    }
}

impl Store {
    /// Writes the large ones among `texts` to blobs.
    pub(crate) fn place<'a>(
        &self,
        texts: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Placed<'a>, StoreError> {
        let is_large = |text: &str| text.len() > INLINE_MAX_BYTES;
        let blobs = self.shared.blobs.as_ref().filter(|_| texts.clone().any(is_large));
        let guard = blobs.map(|_| self.shared.locks.blobs_shared()).transpose()?;
        let texts = texts
            .map(|text| match blobs {
                Some(blobs) if is_large(text) => blobs.put(text).map(Text::Blob),
                _ => Ok(Text::Inline(text)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Placed { texts, _blobs: guard })
    }

    /// The text of a row, from whichever of its two columns has it.
    pub(crate) fn fetch(
        &self,
        body: Option<String>,
        blob: Option<&str>,
    ) -> Result<String, StoreError> {
        match (body, blob, &self.shared.blobs) {
            (Some(body), _, _) => Ok(body),
            (None, Some(name), Some(blobs)) => blobs.get(name),
            _ => Err(StoreError::Damaged {
                path: self.shared.database.clone(),
                detail: "a row has no text".to_owned(),
            }),
        }
    }
}

/// Iterator over the events of a run; ends after the first error.
#[derive(Debug)]
pub struct Events {
    store: Store,
    run: String,
    number: i64,
    next_seq: u64,
    page: std::vec::IntoIter<Fetched>,
    is_done: bool,
}

#[derive(Debug)]
struct Fetched {
    seq: u64,
    unix_ms: u64,
    kind: String,
    body: Option<String>,
    blob: Option<String>,
}

impl Events {
    fn fetch_page(&self) -> rusqlite::Result<Vec<Fetched>> {
        let connection = self.store.connection();
        let mut select = connection.prepare_cached(
            "SELECT seq, unix_ms, kind, body, blob FROM events
             WHERE run = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
        )?;
        let rows =
            select.query_map(params![self.number, stored(self.next_seq), PAGE_ROWS], |row| {
                Ok(Fetched {
                    seq: loaded(row.get(0)?),
                    unix_ms: loaded(row.get(1)?),
                    kind: row.get(2)?,
                    body: row.get(3)?,
                    blob: row.get(4)?,
                })
            })?;
        rows.collect()
    }

    fn advance(&mut self) -> Result<Option<EventRow>, StoreError> {
        if self.page.as_slice().is_empty() {
            let page = self.fetch_page().map_err(|source| self.store.sqlite(source))?;
            self.page = page.into_iter();
        }
        let Some(row) = self.page.next() else { return Ok(None) };
        if row.seq != self.next_seq {
            return Err(StoreError::Damaged {
                path: self.store.shared.database.clone(),
                detail: format!("event {} of run {} is missing", self.next_seq, self.run),
            });
        }
        self.next_seq += 1;
        let body = self.store.fetch(row.body, row.blob.as_deref())?;
        Ok(Some(EventRow { seq: row.seq, unix_ms: row.unix_ms, kind: row.kind, body }))
    }
}

impl Iterator for Events {
    type Item = Result<EventRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let item = self.advance().transpose();
        self.is_done = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests;
