//! What a confined start costs: `cargo run -p zerr-exec --example overhead`.
//!
//! Prints the time of `/bin/true` confined, unconfined, and many at once.

use std::time::{Duration, Instant};

use zerr_exec::{Cancel, Job, Sandbox, trusted};

const RUNS: u32 = 200;

#[expect(clippy::print_stdout, reason = "a measurement for a person")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::probe()?;
    println!("isolation            {}", sandbox.isolation());
    let start = Instant::now();
    Sandbox::probe()?;
    println!("probe                {:?}", start.elapsed());

    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(once(&sandbox)?);
    }
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    println!("confined             least {:?}, median {:?}, p95 {:?}", at(0), at(50), at(95));

    let none = Sandbox::none_accepted_in_words();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(once(&none)?);
    }
    times.sort();
    println!("only limits          median {:?}", times.get(times.len() / 2));

    let start = Instant::now();
    for _ in 0..RUNS {
        trusted::Command::new("/bin/true").run(&Cancel::new())?;
    }
    println!("trusted              mean {:?}", start.elapsed() / RUNS);

    for threads in [2, 8] {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..RUNS / threads).try_for_each(|_| once(&sandbox).map(drop)));
            }
        });
        println!("{threads} threads            {:?} a job", start.elapsed() / RUNS);
    }
    Ok(())
}

fn once(sandbox: &Sandbox) -> Result<Duration, String> {
    let work = sandbox.work_dir().map_err(|error| error.to_string())?;
    let job = Job::new("/bin/true", &work);
    let start = Instant::now();
    let outcome = sandbox.run(&job, &Cancel::new()).map_err(|error| error.to_string())?;
    if outcome.is_success() { Ok(start.elapsed()) } else { Err(format!("{outcome:?}")) }
}
