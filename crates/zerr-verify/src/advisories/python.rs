//! Advisories on Python packages from a folder of OSV records: [`PythonAdvisories`].
//!
//! Both forms of the data that exist are read: OSV's export for `PyPI` (a JSON file a record) and
//! `pypa/advisory-database` (YAML), at any depth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pep440_rs::Version;
use zerr_core::verdict::Finding;

use super::database::AdvisoryError;
use super::osv::{OsvAdvisory, OsvPackage, Record, normalised};
use super::python_lock::{self, Locked};
use super::{LAYER, note, unreadable_lock, yaml};
use crate::survey::SourceFile;

/// No record comes near it.
const RECORD_BYTES_MAX: u64 = 8 << 20;

/// More broken records are counted, not named.
const BROKEN_NAMED_MAX: usize = 5;

/// All advisories of a folder that stand, by the package they affect.
#[derive(Debug)]
pub struct PythonAdvisories {
    advisories: Vec<OsvAdvisory>,
    /// Which advisory, and which of the packages it names.
    by_package: BTreeMap<String, Vec<(usize, usize)>>,
    broken: Vec<(String, String)>,
    date: String,
}

impl PythonAdvisories {
    /// Reads every `.json`, `.yaml` and `.yml` in a folder and those below it. Links and hidden
    /// folders are passed over.
    ///
    /// # Errors
    /// [`AdvisoryError`] when the folder cannot be read or has no advisory on a `PyPI` package.
    pub fn open(folder: &Path) -> Result<Self, AdvisoryError> {
        let mut opened = Self {
            advisories: Vec::new(),
            by_package: BTreeMap::new(),
            broken: Vec::new(),
            date: String::new(),
        };
        let mut folders = vec![folder.to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(AdvisoryError::io(&folder))? {
                let entry = entry.map_err(AdvisoryError::io(&folder))?;
                let kind = entry.file_type().map_err(AdvisoryError::io(&folder))?;
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files.push(entry.path());
                }
            }
        }
        files.sort();
        for path in files {
            let Some(form) = Form::of(&path) else { continue };
            if let Err(why) = record(&path, form).and_then(|record| opened.add(record)) {
                let path = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                opened.broken.push((path, why));
            }
        }
        if opened.advisories.is_empty() {
            return Err(AdvisoryError::Empty(folder.display().to_string()));
        }
        Ok(opened)
    }

    /// The day of the newest change to a record, such as `2026-08-21`; empty when none says so.
    pub fn date(&self) -> &str {
        &self.date
    }

    fn add(&mut self, record: Record) -> Result<(), String> {
        if let Some(day) = record.modified.as_deref().and_then(|time| time.get(..10))
            && day > self.date.as_str()
        {
            day.clone_into(&mut self.date);
        }
        let Some(advisory) = OsvAdvisory::of(record)? else { return Ok(()) };
        for (index, package) in advisory.affected.iter().enumerate() {
            let known = self.by_package.entry(package.name.clone()).or_default();
            known.push((self.advisories.len(), index));
        }
        self.advisories.push(advisory);
        Ok(())
    }

    /// A note for each record that could not be read.
    pub(super) fn broken(&self) -> Vec<Finding> {
        let named = self.broken.iter().take(BROKEN_NAMED_MAX).map(|(path, why)| {
            note("advisory-unreadable", format!("the advisory {path} cannot be read: {why}"))
        });
        let more = self.broken.len().saturating_sub(BROKEN_NAMED_MAX);
        let rest = (more > 0)
            .then(|| note("advisory-unreadable", format!("{more} more advisories cannot be read")));
        named.chain(rest).collect()
    }

    /// What is known of a lock file's packages.
    pub(super) fn check(&self, lock: &SourceFile) -> Vec<Finding> {
        let packages = match python_lock::read(lock) {
            Ok(packages) => packages,
            Err((why, region)) => return vec![unreadable_lock(lock, &why, region)],
        };
        packages.iter().flat_map(|package| self.of_package(package, &lock.path)).collect()
    }

    /// What is known against one version of a package, a line each.
    pub(super) fn of_version(&self, name: &str, version: &str) -> Vec<String> {
        let locked = Locked { name: name.to_owned(), version: version.to_owned(), region: None };
        let found = self.of_package(&locked, "");
        found.into_iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
    }

    fn of_package(&self, locked: &Locked, path: &str) -> Vec<Finding> {
        let Some(known) = self.by_package.get(&normalised(&locked.name)) else {
            return Vec::new();
        };
        let place = |finding: Finding| finding.in_file(path).at(locked.region);
        let Locked { name, version, .. } = locked;
        let version = match version.parse::<Version>() {
            // A build such as `2.0.0+cu117` has the mistakes of its version.
            Ok(version) => version.without_local(),
            Err(error) => {
                let message = format!("{name} was not checked: its version {version:?}: {error}");
                return vec![place(note("version-unreadable", message))];
            }
        };
        let mut found = Vec::new();
        // One vulnerability often stands under several names (PYSEC-…, GHSA-…).
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for (advisory, package) in known {
            let Some(advisory) = self.advisories.get(*advisory) else { continue };
            let Some(package) = advisory.affected.get(*package) else { continue };
            let names = || advisory.aliases.iter().chain([&advisory.id]).map(String::as_str);
            if !package.affects(&version) || names().any(|name| told.contains(name)) {
                continue;
            }
            told.extend(names());
            found.push(place(finding(locked, &version, advisory, package)));
        }
        found
    }
}

fn finding(
    locked: &Locked,
    version: &Version,
    advisory: &OsvAdvisory,
    package: &OsvPackage,
) -> Finding {
    let OsvAdvisory { id, title, .. } = advisory;
    let fixed: Vec<String> = package.fixed_after(version).iter().map(ToString::to_string).collect();
    let fixed = match fixed.as_slice() {
        [] => "no fixed version is known".to_owned(),
        fixed => format!("fixed in {}", fixed.join(" or ")),
    };
    Finding::error(LAYER, id, format!("{} {}: {title}", locked.name, locked.version))
        .hint(format!("{fixed}; https://osv.dev/vulnerability/{id}"))
}

#[derive(Clone, Copy)]
enum Form {
    Json,
    Yaml,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

fn record(path: &Path, form: Form) -> Result<Record, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > RECORD_BYTES_MAX {
        return Err("it has over 8 MiB".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    match form {
        Form::Json => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Form::Yaml => serde_json::from_value(yaml::read(&text)?).map_err(|error| error.to_string()),
    }
}
