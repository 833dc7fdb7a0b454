//! `Cargo.lock` against the database: [`check`].
//!
//! # Invariants
//! Only packages from crates.io are looked up: a package from git or a path may have the name of
//! another one, or carry a patch of its own.

use std::collections::BTreeMap;

use rustsec::cargo_lock::Package;
use rustsec::{Advisory, Lockfile, SourceId, Version, VersionReq};
use semver::Op;
use toml::de::DeTable;
use zerr_core::verdict::{Finding, Region, Severity, Upgrade};

use super::database::{AdvisoryDb, one_line};
use super::manifest::{self, Requirement};
use super::places::{self, Places};
use super::yanked::{Index, Known};
use super::{LAYER, note, unreadable_lock};
use crate::survey::{SourceFile, Survey};

/// What is known of a lock file's packages.
pub(super) fn check(
    database: &AdvisoryDb,
    lock: &SourceFile,
    survey: &Survey<'_>,
    yanked: bool,
) -> Vec<Finding> {
    let packages = match read(&lock.text) {
        Ok(packages) => packages,
        Err((why, region)) => return vec![unreadable_lock(lock, &why, region)],
    };
    let mut findings = Vec::new();
    let mut affected = Vec::new();
    for package in packages.iter().filter(|package| is_from_crates_io(package)) {
        for file in database.of_package(package.name.as_str()) {
            match file.advisory {
                Ok(advisory) if applies(&advisory, package) => affected.push((package, advisory)),
                Ok(_) => {}
                Err(why) => findings.push(unreadable_advisory(&file.path, &why)),
            }
        }
    }
    // Most lock files have nothing to show, so places are looked for only now.
    if !affected.is_empty() {
        let requirements = manifest::requirements(lock, survey);
        let regions = Regions::of(&lock.text);
        findings.extend(affected.iter().map(|(package, advisory)| {
            let direct = manifest::direct(&requirements, package.name.as_str(), &package.version);
            finding(package, advisory, direct, lock, &regions)
        }));
    }
    if yanked {
        findings.extend(taken_back(&packages, lock, survey));
    }
    findings
}

/// What is known against one version of a package from crates.io.
pub(super) fn of_version(
    database: &AdvisoryDb,
    name: &str,
    version: &str,
) -> Result<Vec<String>, String> {
    let version: Version = version.parse().map_err(|error| format!("{version:?}: {error}"))?;
    let mut known = Vec::new();
    for file in database.of_package(name) {
        // One that cannot be read may be the one that matters.
        let advisory =
            file.advisory.map_err(|why| format!("{} cannot be read: {why}", file.path))?;
        if is_against(&advisory, name, &version) {
            known.push(format!("{}: {}", advisory.id().as_str(), advisory.title()));
        }
    }
    Ok(known)
}

/// Versions that were yanked, and how many nobody here knows anything of.
fn taken_back(packages: &[Package], lock: &SourceFile, survey: &Survey<'_>) -> Vec<Finding> {
    let not_checked = |why: String| {
        vec![note("yanked-not-checked", format!("yanked versions were not looked for: {why}"))]
    };
    let Some(index) = Index::find() else {
        return not_checked("cargo has fetched no index of a registry yet".to_owned());
    };
    let known = |package: &&Package| index.ask(package.name.as_str(), &package.version.to_string());
    let asked: Vec<(&Package, Known)> = packages
        .iter()
        .filter(|package| is_from_crates_io(package))
        .map(|package| (package, known(&package)))
        .collect();
    let mut findings = Vec::new();
    if asked.iter().any(|(_, known)| *known == Known::Yanked) {
        let requirements = manifest::requirements(lock, survey);
        let regions = Regions::of(&lock.text);
        for (package, _) in asked.iter().filter(|(_, known)| *known == Known::Yanked) {
            let (name, version) = (&package.name, &package.version);
            let message = format!("{name} {version}: this version was yanked from the registry");
            let found = Finding::error(LAYER, "yanked", message)
                .severity(Severity::Warning)
                .hint(format!("`cargo update -p {name}` takes another one"));
            let direct = manifest::direct(&requirements, name.as_str(), version);
            findings.push(match direct {
                Some(direct) => found.in_file(&direct.file).at(direct.region),
                None => found.in_file(&lock.path).at(regions.of_package(package)),
            });
        }
    }
    let open = asked.iter().filter(|(_, known)| *known == Known::Unknown).count();
    if open > 0 {
        let all = asked.len();
        findings.extend(not_checked(format!("cargo's index holds {open} of {all} packages not")));
    }
    findings
}

fn read(text: &str) -> Result<Vec<Package>, (String, Option<Region>)> {
    match text.parse::<Lockfile>() {
        // A workspace has at least one package: this file was cut off.
        Ok(lockfile) if lockfile.packages.is_empty() => Err(("it names no package".into(), None)),
        Ok(lockfile) => Ok(lockfile.packages),
        Err(error) => Err(match DeTable::parse(text) {
            Err(error) => places::complaint(&error, text),
            Ok(_) => (one_line(&error.to_string()), None),
        }),
    }
}

fn is_from_crates_io(package: &Package) -> bool {
    package.source.as_ref().is_some_and(SourceId::is_default_registry)
}

fn applies(advisory: &Advisory, package: &Package) -> bool {
    is_against(advisory, package.name.as_str(), &package.version)
}

fn is_against(advisory: &Advisory, name: &str, version: &Version) -> bool {
    let metadata = &advisory.metadata;
    let is_elsewhere = metadata.source.as_ref().is_some_and(|source| !source.is_default_registry());
    metadata.package.as_str() == name
        && !is_elsewhere
        && !advisory.withdrawn()
        && advisory.versions.is_vulnerable(version)
}

fn unreadable_advisory(path: &str, why: &str) -> Finding {
    note("advisory-unreadable", format!("the advisory {path} cannot be read: {why}"))
}

/// At the direct dependency, which is where a person can mend it, or else in the lock file.
fn finding(
    package: &Package,
    advisory: &Advisory,
    direct: Option<&Requirement>,
    lock: &SourceFile,
    regions: &Regions,
) -> Finding {
    let Package { name, version, .. } = package;
    let id = advisory.id().as_str();
    let (severity, kind) = match &advisory.metadata.informational {
        None => (Severity::Error, String::new()),
        Some(kind) => (Severity::Warning, format!(" ({})", kind.as_str())),
    };
    let patched: Vec<String> =
        advisory.versions.patched().iter().map(|requirement| format!("`{requirement}`")).collect();
    let patched = match patched.as_slice() {
        [] => "no version is patched".to_owned(),
        patched => format!("patched in {}", patched.join(" or ")),
    };
    let way_in = match direct {
        Some(_) => String::new(),
        None => format!("; `cargo tree -i {name}@{version}` shows what brings it in"),
    };
    let message = format!("{name} {version}: {}{kind}", advisory.title());
    let found = Finding::error(LAYER, id, message)
        .severity(severity)
        .hint(format!("{patched}{way_in}; https://rustsec.org/advisories/{id}.html"));
    let upgrade = lowest_patched(version, advisory.versions.patched()).map(|to| Upgrade {
        package: name.to_string(),
        version: version.to_string(),
        to: to.to_string(),
    });
    let found = Finding { upgrade, ..found };
    match direct {
        Some(direct) => found.in_file(&direct.file).at(direct.region),
        None => found.in_file(&lock.path).at(regions.of_package(package)),
    }
}

/// The lowest version above this one that a requirement names and that meets it.
fn lowest_patched(version: &Version, patched: &[VersionReq]) -> Option<Version> {
    let named = |requirement: &VersionReq| {
        let comparators = requirement.comparators.iter().filter(|it| it.op != Op::Greater);
        let bases = comparators.map(|it| Version {
            pre: it.pre.clone(),
            ..Version::new(it.major, it.minor.unwrap_or(0), it.patch.unwrap_or(0))
        });
        bases.filter(|base| base > version && requirement.matches(base)).min()
    };
    patched.iter().filter_map(named).min()
}

/// Where the packages of a lock file are, by name and version.
struct Regions(BTreeMap<(String, String), Region>);

impl Regions {
    fn of(text: &str) -> Self {
        let Ok(document) = DeTable::parse(text) else { return Self(BTreeMap::new()) };
        let packages = places::packages(document.get_ref(), "package", &Places::new(text));
        let is_from_registry = |package: &places::TomlPackage<'_, '_>| {
            let source = package.table.get("source").and_then(|source| source.get_ref().as_str());
            source.is_some_and(|source| !source.starts_with("git+"))
        };
        let packages = packages.unwrap_or_default().into_iter().filter(is_from_registry);
        Self(packages.map(|one| ((one.name.into(), one.version.into()), one.region)).collect())
    }

    fn of_package(&self, package: &Package) -> Option<Region> {
        self.0.get(&(package.name.to_string(), package.version.to_string())).copied()
    }
}
