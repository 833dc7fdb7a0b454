//! The packages that Python's lock files name: [`Locked`], read by [`read`].
//!
//! # Invariants
//! Packages from git, a path or a plain URL are left out: they may be something else under the
//! same name.

use serde_json::Value;
use toml::de::DeTable;
use zerr_core::verdict::Region;

use super::places::{self, Places};
use super::requirements;
use crate::survey::SourceFile;

/// One package of an index, with its version.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) name: String,
    /// As it is written.
    pub(super) version: String,
    pub(super) region: Option<Region>,
}

/// Why a lock file cannot be read, and where.
pub(super) type Unreadable = (String, Option<Region>);

/// By the file's name: `requirements*.txt`, `Pipfile.lock`, and the rest is TOML.
pub(super) fn read(lock: &SourceFile) -> Result<Vec<Locked>, Unreadable> {
    let name = lock.path.rsplit('/').next().unwrap_or(&lock.path);
    match name {
        "Pipfile.lock" => pipfile(&lock.text),
        // PEP 751 has its list in the plural.
        "pylock.toml" => toml(&lock.text, "packages"),
        "poetry.lock" | "uv.lock" => toml(&lock.text, "package"),
        _ => Ok(requirements::read(&lock.text)),
    }
}

fn toml(text: &str, list: &str) -> Result<Vec<Locked>, Unreadable> {
    let document = DeTable::parse(text).map_err(|error| places::complaint(&error, text))?;
    let packages = places::packages(document.get_ref(), list, &Places::new(text))
        .ok_or_else(|| (format!("it has no list `{list}`"), None))?;
    let from_index = packages.into_iter().filter(|package| is_from_index(package.table));
    Ok(from_index
        .map(|package| Locked {
            name: package.name.to_owned(),
            version: package.version.to_owned(),
            region: Some(package.region),
        })
        .collect())
}

fn is_from_index(package: &DeTable<'_>) -> bool {
    // pylock.toml says it at the package itself.
    if ["vcs", "directory", "archive"].iter().any(|key| package.contains_key(*key)) {
        return false;
    }
    let Some(source) = package.get("source").and_then(|source| source.get_ref().as_table()) else {
        return true;
    };
    // poetry.lock has a type, uv.lock a key for each kind.
    match source.get("type").and_then(|kind| kind.get_ref().as_str()) {
        Some(kind) => kind == "legacy",
        None => source.contains_key("registry"),
    }
}

/// `{"default": {"jinja2": {"version": "==2.10"}}, "develop": {…}}`
fn pipfile(text: &str) -> Result<Vec<Locked>, Unreadable> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // What is missing at the end is missed behind the last line.
        let line = error.line().min(text.lines().count());
        let region = (line > 0).then(|| Region::line(line));
        (error.to_string(), region)
    })?;
    let categories = value
        .as_object()
        .filter(|categories| categories.contains_key("default"))
        .ok_or_else(|| ("it has no `default`".to_owned(), None))?;
    let packages = categories
        .iter()
        .filter(|(category, _)| *category != "_meta")
        .filter_map(|(_, packages)| packages.as_object())
        .flatten();
    Ok(packages
        .filter_map(|(name, package)| {
            let version = package.get("version")?.as_str()?.trim_start_matches('=');
            let region = line_of_key(text, name).map(Region::line);
            Some(Locked { name: name.clone(), version: version.to_owned(), region })
        })
        .collect())
}

/// The JSON reader keeps no places; pipenv writes each package's key at the start of a line.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let key = format!("\"{key}\":");
    let index = text.lines().position(|line| line.trim_start().starts_with(&key))?;
    Some(index + 1)
}
