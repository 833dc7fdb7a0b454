//! Another version of a dependency in a lock file, by the project's own cargo: [`upgrade`].

use std::path::Path;

use zerr_core::verdict::Upgrade;
use zerr_exec::{Cancel, trusted};

use crate::check::Watcher;
use crate::interrupt::Interrupt;

/// cargo may have to fetch an index.
const PATIENCE_MS: u64 = 5 * 60_000;

/// Has cargo write the version into the `Cargo.lock` of this folder; blocks, and may use the network.
///
/// # Errors
/// What cargo says, in its words.
pub fn upgrade(folder: &Path, wanted: &Upgrade, interrupt: &Interrupt) -> Result<(), String> {
    let cargo = trusted::find("cargo").ok_or("there is no cargo on the PATH")?;
    let is_plain = |text: &String| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
        !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
    };
    if ![&wanted.package, &wanted.version, &wanted.to].into_iter().all(is_plain) {
        return Err("this is no package and version".to_owned());
    }
    let package = format!("--package={}@{}", wanted.package, wanted.version);
    let precise = format!("--precise={}", wanted.to);
    let command = trusted::Command::new(cargo)
        .args(["update", &package, &precise, "--color", "never"])
        .cwd(folder)
        .timeout_ms(PATIENCE_MS);
    let cancel = Cancel::new();
    let said = std::thread::scope(|scope| {
        let watcher = Watcher::start(scope, interrupt, &cancel);
        let said = command.run(&cancel);
        watcher.stop();
        said
    });
    let said = said.map_err(|error| error.to_string())?;
    if said.is_success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&said.stderr).trim().to_owned();
    Err(if text.is_empty() { "cargo update failed and says nothing".to_owned() } else { text })
}
