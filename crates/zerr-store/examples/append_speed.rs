//! Prints what appending to a journal costs: `cargo run -p zerr-store --example append_speed`.

#![expect(clippy::print_stdout, reason = "printing the figures is its purpose")]

use std::time::Instant;

use zerr_store::{Durability, Entry, RunRow, Store, StoreError};

const EVENTS: usize = 1000;
const ROUNDS: usize = 20;

fn main() -> Result<(), StoreError> {
    let root = std::env::temp_dir().join(format!("zerr-append-{}", std::process::id()));
    let store = Store::open(&root)?;
    for (name, group, durability) in [
        ("groups of 32", 32, Durability::Kill),
        ("groups of 1", 1, Durability::Kill),
        ("groups of 32, synced", 32, Durability::PowerCut),
    ] {
        let mut best = f64::INFINITY;
        let mut all = 0.0;
        for round in 0..ROUNDS {
            let id = format!("{}-{round}", name.replace([' ', ','], "-"));
            let arguments = "{}".to_owned();
            let lock = store.create_run(&RunRow {
                id,
                title: String::new(),
                spec_hash: String::new(),
                created_unix_ms: 0,
                arguments,
            })?;
            let mut journal = store.journal(lock)?;
            let body = format!(
                "{{\"sample\":{{\"step\":\"{0}\",\"text\":\"{0}{0}{0}\"}}}}",
                "x".repeat(64)
            );
            let started = Instant::now();
            for _ in 0..EVENTS / group {
                let entries: Vec<Entry<'_>> = (0..group)
                    .map(|i| Entry { unix_ms: i as u64, kind: "sampled", body: body.clone() })
                    .collect();
                journal.append_with_cache(&entries, &[], durability)?;
            }
            let micros = started.elapsed().as_secs_f64() * 1e6 / EVENTS as f64;
            best = best.min(micros);
            all += micros / ROUNDS as f64;
        }
        println!("{name}: {best:.2} µs an event at best, {all:.2} µs on average");
    }
    drop(store);
    // Left in the folder for temporary files if this fails; nothing depends on it.
    let _ = std::fs::remove_dir_all(root);
    Ok(())
}
