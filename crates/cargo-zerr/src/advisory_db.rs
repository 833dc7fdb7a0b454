//! Which advisories are asked, how old they are, and how newer ones are fetched.
//!
//! Nothing is fetched unasked: `audit --fetch` is the one place that calls git for it.

use std::time::SystemTime;

use zerr_engine::zerr_store::dirs::Dirs;
use zerr_engine::zerr_verify::{Advisories, DatabaseChoice, OwnOptions};
use zerr_exec::{Cancel, trusted};

use crate::args::AdvisoryArgs;
use crate::console::Console;
use crate::failure::Failure;

const SOURCE: &str = "https://github.com/rustsec/advisory-db";

/// What was named, else what was fetched, else the snapshot that comes with zerr.
pub(crate) fn options(args: &AdvisoryArgs) -> OwnOptions {
    let fetched = || Dirs::from_env().ok().map(|dirs| dirs.advisory_db());
    let path = args.advisory_db.clone().or_else(|| fetched().filter(|path| path.is_dir()));
    OwnOptions {
        own_tools: None,
        advisories: path.map_or(DatabaseChoice::Bundled, DatabaseChoice::Path),
        python_advisories: args.python_advisories.clone(),
        tests: false,
        yanked: false,
    }
}

/// A line for people: an old database knows nothing of new advisories.
pub(crate) fn age(options: &OwnOptions) -> String {
    let advisories = Advisories::new(options.advisories.clone(), None);
    match advisories.describe(SystemTime::now()) {
        Ok(text) => format!("{text}; `--fetch` renews it"),
        Err(error) => format!("the advisory database cannot be read: {error}"),
    }
}

/// Clones the database, or brings the clone up to date.
pub(crate) fn fetch(console: Console) -> Result<(), Failure> {
    let failed = || Failure::usage("the advisories cannot be fetched");
    let dirs = Dirs::from_env().map_err(|error| failed().because(error))?;
    let git = trusted::find("git").ok_or_else(|| failed().because("git was not found"))?;
    let place = dirs.advisory_db();
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed().because(error))?;
    }
    console.note(&format!("fetching {SOURCE}"));
    let command = trusted::Command::new(git).env("GIT_TERMINAL_PROMPT", "0").timeout_ms(300_000);
    let command = if place.join(".git").is_dir() {
        command.arg("-C").arg(&place).args(["pull", "--ff-only", "--quiet"])
    } else {
        command.args(["clone", "--depth", "1", "--quiet", SOURCE]).arg(&place)
    };
    let outcome = command.run(&Cancel::new()).map_err(|error| failed().because(error))?;
    if outcome.is_success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    let why = said.lines().next_back().unwrap_or("git says nothing").to_owned();
    Err(failed().because(why).hint("without it the snapshot that comes with zerr is used"))
}
