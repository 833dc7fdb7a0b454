//! Facts and laws about the journal, on real files.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::RunRow;

fn journal(store: &Store, run: &str) -> Journal {
    let lock = store.create_run(&RunRow::named(run, 1)).unwrap();
    store.journal(lock).unwrap()
}

fn entry(unix_ms: u64, body: impl Into<String>) -> Entry<'static> {
    Entry { unix_ms, kind: "k", body: body.into() }
}

fn bodies(store: &Store, run: &str) -> Vec<String> {
    store.events(run).unwrap().map(|row| row.unwrap().body).collect()
}

/// What a SIGKILL leaves: the files as they are, without the tidying of a clean close.
fn files_as_a_kill_leaves_them(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join(".zerr")).unwrap();
    for name in ["zerr.db", "zerr.db-wal"] {
        std::fs::copy(from.join(".zerr").join(name), to.join(".zerr").join(name)).unwrap();
    }
}

#[test]
fn events_come_back_in_order_with_contiguous_numbers() {
    let store = Store::open_in_memory().unwrap();
    let mut journal = journal(&store, "r");
    let first: Vec<Entry> = (0..700).map(|i| entry(i, format!("{i}"))).collect();
    assert_eq!(journal.append(&first).unwrap(), 0..700);
    assert_eq!(journal.append(&[]).unwrap(), 700..700);
    assert_eq!(journal.append(&[entry(9, "last")]).unwrap(), 700..701);
    let rows: Vec<EventRow> = store.events("r").unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 701);
    assert!(rows.iter().enumerate().all(|(i, row)| row.seq == i as u64));
    assert_eq!(
        rows[699],
        EventRow { seq: 699, unix_ms: 699, kind: "k".into(), body: "699".into() }
    );
    assert_eq!(store.find_run("r").unwrap().events, 701);
}

#[test]
fn resumed_run_goes_on_after_its_last_event() {
    let root = tempfile::tempdir().unwrap();
    {
        let store = Store::open(root.path()).unwrap();
        journal(&store, "r").append(&[entry(1, "a"), entry(2, "b")]).unwrap();
    }
    let store = Store::open(root.path()).unwrap();
    let mut journal = store.journal(store.lock_run("r").unwrap()).unwrap();
    assert_eq!(journal.next_seq(), 2);
    assert_eq!(journal.append(&[entry(3, "c")]).unwrap(), 2..3);
    assert_eq!(bodies(&store, "r"), ["a", "b", "c"]);
}

#[test]
fn large_text_goes_to_a_blob_that_is_checked_when_read() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let large = "é".repeat(INLINE_MAX_BYTES);
    journal(&store, "r").append(&[entry(1, "small"), entry(2, large.clone())]).unwrap();
    assert_eq!(bodies(&store, "r"), ["small".to_owned(), large]);

    let shard = std::fs::read_dir(root.path().join(".zerr/blobs")).unwrap().next().unwrap();
    let blob = std::fs::read_dir(shard.unwrap().path()).unwrap().next().unwrap().unwrap();
    std::fs::write(blob.path(), "something else").unwrap();
    let rows: Vec<_> = store.events("r").unwrap().collect();
    assert_eq!(rows.len(), 2, "iteration ends with the error");
    assert!(rows[0].is_ok());
    assert!(matches!(rows[1], Err(StoreError::Damaged { .. })), "{:?}", rows[1]);
}

#[test]
fn missing_event_is_damage() {
    let store = Store::open_in_memory().unwrap();
    let group: Vec<Entry> = (0..4).map(|i| entry(i, "x")).collect();
    journal(&store, "r").append(&group).unwrap();
    store.connection().execute("DELETE FROM events WHERE seq = 2", []).unwrap();
    let rows: Vec<_> = store.events("r").unwrap().collect();
    assert!(matches!(rows.last(), Some(Err(StoreError::Damaged { .. }))), "{rows:?}");
}

#[test]
fn second_writer_of_one_run_is_noticed() {
    let store = Store::open_in_memory().unwrap();
    let mut one = journal(&store, "r");
    let mut two = Journal {
        store: store.clone(),
        lock: store.create_run(&RunRow::named("other", 1)).unwrap(),
        number: one.number,
        next_seq: 0,
    };
    one.append(&[entry(1, "a")]).unwrap();
    let error = two.append(&[entry(1, "b")]).unwrap_err();
    assert!(matches!(error, StoreError::SequenceTaken { seq: 0, .. }), "{error:?}");
    assert_eq!(bodies(&store, "r"), ["a"]);
}

#[test]
fn events_and_answers_are_committed_together_or_not_at_all() {
    let store = Store::open_in_memory().unwrap();
    let mut journal = journal(&store, "r");
    let answer = CacheEntry { key: "key", unix_ms: 1, kind: "k", body: "answer" };
    let stolen = journal.next_seq;
    journal.append_with_cache(&[entry(1, "a")], &[answer], Durability::PowerCut).unwrap();
    assert_eq!(store.cache_get("key").unwrap().unwrap().body, "answer");

    journal.next_seq = stolen;
    let other = CacheEntry { key: "other", ..answer };
    journal.append_with_cache(&[entry(1, "b")], &[other], Durability::Kill).unwrap_err();
    assert_eq!(store.cache_get("other").unwrap(), None);
}

#[test]
fn durable_group_syncs_and_the_next_one_does_not() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let level = |connection: &Connection| {
        connection.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let during = with_durability(&mut store.connection(), Durability::PowerCut, |transaction| {
        Ok(level(transaction))
    });
    assert_eq!(during.unwrap(), 2, "FULL");
    assert_eq!(level(&store.connection()), 1, "NORMAL");
    let _: rusqlite::Result<()> =
        with_durability(&mut store.connection(), Durability::PowerCut, |_| {
            Err(rusqlite::Error::InvalidQuery)
        });
    assert_eq!(level(&store.connection()), 1, "NORMAL after a failure too");
}

#[test]
fn killed_in_the_middle_of_a_group_keeps_whole_groups_only() {
    let (root, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(root.path()).unwrap();
    let mut journal = journal(&store, "r");
    journal.append(&[entry(1, "a"), entry(2, "b")]).unwrap();
    let log = root.path().join(".zerr/zerr.db-wal");
    let before = std::fs::metadata(&log).unwrap().len();
    let mut connection = store.connection();
    // A tiny page cache makes SQLite write the open group to the log early.
    connection.execute_batch("PRAGMA cache_size = 5").unwrap();
    let transaction = connection.transaction().unwrap();
    for seq in 2..500 {
        transaction
            .execute(
                "INSERT INTO events (run, seq, unix_ms, kind, body) VALUES (?1, ?2, 0, 'k', ?3)",
                params![journal.number, seq, "x".repeat(1000)],
            )
            .unwrap();
    }
    assert!(std::fs::metadata(&log).unwrap().len() > before + 100_000);
    files_as_a_kill_leaves_them(root.path(), copy.path());
    drop(transaction);

    let reopened = Store::open(copy.path()).unwrap();
    assert_eq!(bodies(&reopened, "r"), ["a", "b"]);
    let lock = reopened.lock_run("r").unwrap();
    assert_eq!(reopened.journal(lock).unwrap().append(&[entry(3, "c")]).unwrap(), 2..3);
}

#[test]
fn stores_side_by_side_neither_block_nor_corrupt_each_other() {
    const GROUPS: usize = 60;
    const GROUP: usize = 16;
    let root = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let root = root.path();
            scope.spawn(move || {
                let run = format!("run{writer}");
                let store = Store::open(root).unwrap();
                let mut journal = journal(&store, &run);
                for group in 0..GROUPS {
                    let entries: Vec<Entry> =
                        (0..GROUP).map(|i| entry(i as u64, format!("{run} {group} {i}"))).collect();
                    let key = format!("{run} {group}");
                    let body = "shared".repeat(if group % 20 == 0 { 1000 } else { 1 });
                    let answer = CacheEntry { key: &key, unix_ms: 0, kind: "k", body: &body };
                    journal.append_with_cache(&entries, &[answer], Durability::Kill).unwrap();
                    let length = store.events(&run).unwrap().count();
                    assert_eq!(length, (group + 1) * GROUP);
                }
            });
        }
    });
    let store = Store::open(root.path()).unwrap();
    store.check().unwrap();
    assert_eq!(store.runs().unwrap().len(), 4);
    for writer in 0..4 {
        let expected: Vec<String> = (0..GROUPS)
            .flat_map(|group| (0..GROUP).map(move |i| format!("run{writer} {group} {i}")))
            .collect();
        assert_eq!(bodies(&store, &format!("run{writer}")), expected);
    }
}

#[test]
fn pruning_beside_a_writer_never_takes_a_blob_it_needs() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let mut journal = journal(&store, "r");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..60 {
                journal.append(&[entry(i, format!("{i} ").repeat(3000))]).unwrap();
            }
        });
        let pruner = Store::open(root.path()).unwrap();
        while !writer.is_finished() {
            pruner.prune(crate::Keep { runs: 0, since_unix_ms: u64::MAX }).unwrap();
        }
    });
    assert_eq!(bodies(&store, "r").len(), 60);
}

fn body() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ".{0,40}",
        1 => Just("\0 null byte".to_owned()),
        1 => (0usize..3, 4000usize..4300).prop_map(|(c, n)| ["x", "é", "🦀"][c].repeat(n)),
    ]
}

fn groups() -> impl Strategy<Value = Vec<Vec<(u64, String)>>> {
    let event = (0..=i64::MAX as u64, body());
    prop::collection::vec(prop::collection::vec(event, 0..6), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_appended_is_what_is_read(groups in groups()) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let mut journal = journal(&store, "r");
        let mut expected = Vec::new();
        for group in &groups {
            let entries: Vec<Entry> =
                group.iter().map(|(at, body)| entry(*at, body.clone())).collect();
            journal.append(&entries).unwrap();
            expected.extend(group.clone());
        }
        drop(journal);
        drop(store);
        let store = Store::open(root.path()).unwrap();
        let read: Vec<(u64, String)> = store
            .events("r")
            .unwrap()
            .map(|row| row.map(|row| (row.unix_ms, row.body)).unwrap())
            .collect();
        prop_assert_eq!(read, expected);
    }

    /// The log cut at any byte, as a power cut may leave it.
    #[test]
    fn cut_log_reads_as_a_prefix_of_whole_groups(
        sizes in prop::collection::vec(1usize..20, 1..12),
        cut in 0.0f64..=1.0,
    ) {
        let (root, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = Store::open(root.path()).unwrap();
        let mut journal = journal(&store, "r");
        // The run itself is in the database before the cut can reach it.
        store
            .connection()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let mut ends = BTreeSet::from([0]);
        for size in &sizes {
            let entries: Vec<Entry> = (0..*size).map(|i| entry(i as u64, "x".repeat(300))).collect();
            ends.insert(usize::try_from(journal.append(&entries).unwrap().end).unwrap());
        }
        files_as_a_kill_leaves_them(root.path(), copy.path());
        let log = std::fs::OpenOptions::new()
            .write(true)
            .open(copy.path().join(".zerr/zerr.db-wal"))
            .unwrap();
        let length = log.metadata().unwrap().len();
        log.set_len((length as f64 * cut) as u64).unwrap();
        drop(log);

        let reopened = Store::open(copy.path()).unwrap();
        reopened.check().unwrap();
        let read = bodies(&reopened, "r").len();
        prop_assert!(ends.contains(&read), "{read} events of groups ending at {ends:?}");
        if cut >= 1.0 {
            prop_assert_eq!(Some(&read), ends.last());
        }
    }
}
