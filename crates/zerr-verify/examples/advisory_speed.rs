//! How long advisories take for a lock file of 500 packages: ours, `RustSec`'s own library on the
//! whole database, and `cargo audit --no-fetch` where it is installed:
//! `cargo run --release -p zerr-verify --example advisory_speed`.
//!
//! The packages are those of this workspace's own lock file, filled up from the database with
//! packages that have advisories, at a version that most of them affect.
#![expect(clippy::print_stdout, reason = "printing is all that this program is for")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use rustsec::advisory::Informational;
use rustsec::report::Settings;
use rustsec::{Database, Lockfile, Report};
use zerr_exec::{Cancel, trusted};
use zerr_verify::{Advisories, DatabaseChoice, FileKind, Layer, SourceFile, Survey};

const PACKAGES: usize = 500;
const ROUNDS: usize = 15;
const ARCHIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/advisory-db/advisory-db.tar.gz");
const OWN_LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("advisory-db");
    tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(ARCHIVE)?)).unpack(&database)?;
    let lock = lock_file(&database)?;
    let lock_path = folder.path().join("Cargo.lock");
    fs::write(&lock_path, &lock)?;

    let files = [SourceFile {
        path: "Cargo.lock".to_owned(),
        kind: FileKind::CargoLock,
        text: lock.as_str().into(),
    }];
    let survey = Survey { root: folder.path(), files: &files };
    let ours = |choice: DatabaseChoice| {
        Advisories::new(choice, None)
            .survey(&survey, &Cancel::new())
            .map_or(0, |outcome| outcome.findings.len())
    };
    report("zerr, bundled", || ours(DatabaseChoice::Bundled));
    report("zerr, folder", || ours(DatabaseChoice::Path(database.clone())));
    report("rustsec, whole database", || {
        let (Ok(database), Ok(lock)) = (Database::open(&database), Lockfile::load(&lock_path))
        else {
            return 0;
        };
        let settings = Settings {
            informational_warnings: vec![
                Informational::Notice,
                Informational::Unmaintained,
                Informational::Unsound,
            ],
            ..Settings::default()
        };
        let report = Report::generate(&database, &lock, &settings);
        report.vulnerabilities.count + report.warnings.values().map(Vec::len).sum::<usize>()
    });
    let Some(cargo_audit) = trusted::find("cargo-audit") else {
        println!("cargo audit: not installed");
        return Ok(());
    };
    let command = trusted::Command::new(cargo_audit)
        .args(["audit", "--no-fetch", "--stale", "--json", "--db"])
        .arg(&database)
        .arg("--file")
        .arg(&lock_path);
    report("cargo audit --no-fetch", || {
        command.run(&Cancel::new()).map_or(0, |outcome| outcome.stdout.len())
    });
    Ok(())
}

fn lock_file(database: &Path) -> Result<String, Box<dyn Error>> {
    let own: Lockfile = fs::read_to_string(OWN_LOCK)?.parse()?;
    let mut packages: BTreeSet<(String, String)> = own
        .packages
        .iter()
        .filter(|package| package.source.is_some())
        .map(|package| (package.name.to_string(), package.version.to_string()))
        .take(PACKAGES)
        .collect();
    let mut vulnerable: Vec<_> =
        fs::read_dir(database.join("crates"))?.collect::<Result<Vec<_>, _>>()?;
    vulnerable.sort_by_key(fs::DirEntry::file_name);
    for package in vulnerable {
        if packages.len() >= PACKAGES {
            break;
        }
        packages.insert((package.file_name().to_string_lossy().into_owned(), "0.1.0".to_owned()));
    }
    let mut text = "version = 4\n".to_owned();
    for (name, version) in packages {
        writeln!(
            text,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\""
        )?;
    }
    Ok(text)
}

/// The median and the best of some rounds, and how much came out (findings, or bytes of output).
fn report(name: &str, run: impl Fn() -> usize) {
    let mut ms = Vec::new();
    let mut said = 0;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        said = run();
        ms.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    ms.sort_by(f64::total_cmp);
    let median = ms.get(ROUNDS / 2).copied().unwrap_or_default();
    let best = ms.first().copied().unwrap_or_default();
    println!("{name:26} median {median:7.1} ms, best {best:7.1} ms ({said})");
}
