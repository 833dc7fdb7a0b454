//! One advisory in the OSV format, as far as Python needs it: [`OsvAdvisory`].
//!
//! The rules of what is affected are those of
//! <https://ossf.github.io/osv-schema/#evaluation>, with versions ordered by PEP 440.

use std::collections::BTreeSet;

use pep440_rs::Version;
use serde::Deserialize;

/// An advisory that stands, on at least one package of `PyPI`.
#[derive(Debug)]
pub(super) struct OsvAdvisory {
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    pub(super) title: String,
    pub(super) affected: Vec<OsvPackage>,
}

#[derive(Debug)]
pub(super) struct OsvPackage {
    /// Normalised, see [`normalised`].
    pub(super) name: String,
    versions: BTreeSet<Version>,
    ranges: Vec<Vec<(Option<Version>, Turn)>>,
}

/// What happens at a version. In this order, because at one and the same version what was fixed
/// may be introduced again, and what is introduced may be gone right after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Fixed,
    Introduced,
    LastAffected,
}

/// A record as it is written.
#[derive(Deserialize)]
pub(super) struct Record {
    id: String,
    pub(super) modified: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    summary: Option<String>,
    details: Option<String>,
    #[serde(default)]
    affected: Vec<RawAffected>,
}

#[derive(Deserialize)]
struct RawAffected {
    package: Option<RawPackage>,
    #[serde(default)]
    ranges: Vec<RawRange>,
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct RawPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    r#type: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
}

impl OsvAdvisory {
    /// `None` for one that was withdrawn or is of another ecosystem.
    ///
    /// # Errors
    /// A version range that PEP 440 cannot order.
    pub(super) fn of(record: Record) -> Result<Option<Self>, String> {
        if record.withdrawn.is_some() {
            return Ok(None);
        }
        let mut affected = Vec::new();
        for raw in &record.affected {
            affected.extend(OsvPackage::of(raw)?);
        }
        if affected.is_empty() {
            return Ok(None);
        }
        let text = record.summary.or(record.details).unwrap_or_default();
        let first = text.lines().map(|line| line.trim_start_matches(['#', ' ']).trim());
        let title = first.into_iter().find(|line| !line.is_empty()).unwrap_or("no description");
        let title = title.chars().take(200).collect();
        Ok(Some(Self { id: record.id, aliases: record.aliases, title, affected }))
    }
}

impl OsvPackage {
    fn of(raw: &RawAffected) -> Result<Option<Self>, String> {
        let Some(package) = raw.package.as_ref().filter(|it| it.ecosystem == "PyPI") else {
            return Ok(None);
        };
        let mut ranges = Vec::new();
        // Ranges of commits say nothing about a published version.
        for range in raw.ranges.iter().filter(|range| range.r#type != "GIT") {
            let mut turns = Vec::new();
            for event in &range.events {
                let written = [
                    (&event.introduced, Turn::Introduced),
                    (&event.fixed, Turn::Fixed),
                    (&event.last_affected, Turn::LastAffected),
                ];
                for (version, turn) in written {
                    let Some(version) = version else { continue };
                    turns.push((bound(version, turn)?, turn));
                }
            }
            turns.sort();
            ranges.push(turns);
        }
        // Old versions that PEP 440 cannot read can be asked for by no lock file either.
        let versions = raw.versions.iter().filter_map(|version| version.parse().ok()).collect();
        Ok(Some(Self { name: normalised(&package.name), versions, ranges }))
    }

    pub(super) fn affects(&self, version: &Version) -> bool {
        self.versions.contains(version) || self.ranges.iter().any(|turns| is_within(turns, version))
    }

    /// Later versions that are said to be free of it.
    pub(super) fn fixed_after(&self, version: &Version) -> Vec<&Version> {
        let fixed = self.ranges.iter().flatten().filter(|(_, turn)| *turn == Turn::Fixed);
        let later = fixed.filter_map(|(at, _)| at.as_ref()).filter(|fixed| *fixed > version);
        later.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// `introduced: "0"` is before all versions, those before 0 too.
fn bound(version: &str, turn: Turn) -> Result<Option<Version>, String> {
    if version == "0" && turn == Turn::Introduced {
        return Ok(None);
    }
    version.parse().map(Some).map_err(|error| format!("the version {version:?}: {error}"))
}

fn is_within(turns: &[(Option<Version>, Turn)], version: &Version) -> bool {
    let mut is_within = false;
    for (at, turn) in turns {
        let at = at.as_ref();
        match turn {
            Turn::Introduced if at.is_none_or(|at| version >= at) => is_within = true,
            Turn::Fixed if at.is_some_and(|at| version >= at) => is_within = false,
            Turn::LastAffected if at.is_some_and(|at| version > at) => is_within = false,
            _ => {}
        }
    }
    is_within
}

/// A package's name by PEP 503: small letters, and one `-` for each run of `-`, `_` and `.`.
pub(super) fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
