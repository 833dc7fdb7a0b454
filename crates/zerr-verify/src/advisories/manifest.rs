//! Direct dependencies in `Cargo.toml` files, [`Requirement`]: the lines where a person changes a
//! version.
//!
//! # Invariants
//! A line is taken for a package's only when the version it asks for matches, so that the old
//! version that something else brings in is not blamed on the new one that stands here.
//!
//! # Non-goals
//! A manifest that does not parse is left out: cargo says so, and the lock file has a place too.

use rustsec::{Version, VersionReq};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zerr_core::verdict::Region;

use super::places::Places;
use crate::survey::{FileKind, SourceFile, Survey};

const TABLES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "build-dependencies",
    "dev_dependencies",
    "build_dependencies",
];

/// One dependency on crates.io, as a manifest asks for it.
pub(super) struct Requirement {
    package: String,
    versions: VersionReq,
    pub(super) file: String,
    pub(super) region: Region,
}

/// All direct dependencies of the workspace that a lock file belongs to, by file and place.
pub(super) fn requirements(lock: &SourceFile, survey: &Survey<'_>) -> Vec<Requirement> {
    let own = folder(&lock.path);
    let locks: Vec<&str> =
        survey.of_kind(FileKind::CargoLock).map(|lock| folder(&lock.path)).collect();
    // A folder below may be a workspace of its own.
    let nearest =
        |path: &str| locks.iter().filter(|lock| path.starts_with(**lock)).map(|it| it.len()).max();
    survey
        .of_kind(FileKind::CargoManifest)
        .filter(|manifest| manifest.path.starts_with(own))
        .filter(|manifest| nearest(&manifest.path) == Some(own.len()))
        .flat_map(of_manifest)
        .collect()
}

/// The first line that asks for this version of a package.
pub(super) fn direct<'a>(
    requirements: &'a [Requirement],
    package: &str,
    version: &Version,
) -> Option<&'a Requirement> {
    requirements.iter().find(|one| one.package == package && one.versions.matches(version))
}

/// With its slash; empty for the root.
fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("")
}

fn of_manifest(manifest: &SourceFile) -> Vec<Requirement> {
    let Ok(document) = DeTable::parse(&manifest.text) else { return Vec::new() };
    let document = document.get_ref();
    let places = Places::new(&manifest.text);
    let targets = table(document, "target").into_iter().flat_map(|targets| targets.values());
    let holders = std::iter::once(document)
        .chain(table(document, "workspace"))
        .chain(targets.filter_map(|target| target.get_ref().as_table()));
    let mut requirements: Vec<Requirement> = holders
        .flat_map(|holder| TABLES.iter().filter_map(|name| table(holder, name)))
        .flatten()
        .filter_map(|(key, value)| requirement(&manifest.path, &places, key, value))
        .collect();
    requirements.sort_by_key(|one| (one.region.line, one.region.column));
    requirements
}

fn table<'a, 'i>(holder: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    holder.get(name)?.get_ref().as_table()
}

fn requirement<'i>(
    file: &str,
    places: &Places<'_>,
    key: &Spanned<std::borrow::Cow<'i, str>>,
    value: &Spanned<DeValue<'i>>,
) -> Option<Requirement> {
    let mut package = key.get_ref().as_ref();
    let mut line = key.span().start..value.span().end;
    let mut versions = value.get_ref().as_str();
    if let Some(details) = value.get_ref().as_table() {
        // `workspace = true` is asked for in the workspace's own table.
        if ["git", "path", "registry", "workspace"].iter().any(|key| details.contains_key(*key)) {
            return None;
        }
        let (version_key, version) = details.get_key_value("version")?;
        versions = version.get_ref().as_str();
        line = version_key.span().start..version.span().end;
        let renamed = details.get("package").and_then(|package| package.get_ref().as_str());
        package = renamed.unwrap_or(package);
    }
    Some(Requirement {
        package: package.to_owned(),
        versions: versions?.parse().ok()?,
        file: file.to_owned(),
        region: places.exact(&line),
    })
}
