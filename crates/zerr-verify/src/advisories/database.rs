//! `RustSec`'s database, packed in memory or as a folder: [`AdvisoryDb`].
//!
//! A project names a few hundred of some thousand packages, so advisories are parsed when their
//! package is asked for and not before. That is where the time of `cargo audit` goes.
//!
//! # Invariants
//! - An archive is never unpacked to disk, and never grows over [`UNPACKED_BYTES_MAX`].
//! - A package's name becomes part of a path only when crates.io would take it as a name.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::panic;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustsec::Advisory;

pub(super) static BUNDLED: &[u8] = include_bytes!("../../advisory-db/advisory-db.tar.gz");

/// Over twenty times what the database holds today.
const UNPACKED_BYTES_MAX: u64 = 64 << 20;

/// Why a database cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum AdvisoryError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// An archive that is cut off, changed, or none at all.
    #[error("the advisory database is corrupt: {0}")]
    Corrupt(io::Error),
    /// There is no advisory in it.
    #[error("no advisory in {0}")]
    Empty(String),
}

impl AdvisoryError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The database as it stood on one day.
#[derive(Debug)]
pub struct AdvisoryDb {
    date: Date,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A whole tar file, and where in it the advisories of each package are.
    Packed { bytes: Vec<u8>, files: BTreeMap<String, Vec<PackedFile>> },
    /// A folder that has `crates/PACKAGE/ID.md`.
    Folder(PathBuf),
}

#[derive(Debug)]
struct PackedFile {
    name: String,
    place: Range<usize>,
}

/// One advisory's file; the error says what is wrong with it.
pub(super) struct AdvisoryFile {
    pub(super) path: String,
    pub(super) advisory: Result<Advisory, String>,
}

impl AdvisoryDb {
    /// The snapshot in this program.
    ///
    /// # Errors
    /// [`AdvisoryError::Corrupt`] when this program itself was damaged.
    pub fn bundled() -> Result<Self, AdvisoryError> {
        Self::packed(BUNDLED, "the bundled database")
    }

    /// A folder as `git clone https://github.com/RustSec/advisory-db` makes it, or a `.tar.gz` of
    /// one, with or without a folder around it.
    ///
    /// # Errors
    /// [`AdvisoryError`] when there is no such thing, or none that holds advisories.
    pub fn open(path: &Path) -> Result<Self, AdvisoryError> {
        if path.is_dir() {
            let date = newest_date(path)?;
            return Ok(Self { date, content: Content::Folder(path.to_owned()) });
        }
        let bytes = fs::read(path).map_err(AdvisoryError::io(path))?;
        Self::packed(&bytes, &path.display().to_string())
    }

    /// The day of the snapshot: of an archive its newest file (GitHub and `git archive` stamp the
    /// commit's time on all of them), of a folder its newest advisory, because a clone's files
    /// have the time of cloning.
    pub fn date(&self) -> Date {
        self.date
    }

    /// Whole days since the snapshot, UTC; 0 for one of the future.
    pub fn age_days(&self, today: SystemTime) -> u32 {
        let Ok(today) = Timestamp::try_from(today) else { return 0 };
        let days = day(today).since(self.date).map_or(0, |span| span.get_days());
        u32::try_from(days).unwrap_or(0)
    }

    /// Such as "advisory database of 2026-08-21, 98 days old".
    pub fn describe(&self, today: SystemTime) -> String {
        let days = match self.age_days(today) {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        format!("advisory database of {}, {days} old", self.date)
    }

    fn packed(gzip: &[u8], origin: &str) -> Result<Self, AdvisoryError> {
        // A gzip file ends with its unpacked size; it is a hint and no more.
        let size = gzip.last_chunk().map_or(0, |size| u64::from(u32::from_le_bytes(*size)));
        let mut bytes = Vec::with_capacity(size.min(32 << 20) as usize);
        let mut unpacked = GzDecoder::new(gzip).take(UNPACKED_BYTES_MAX + 1);
        unpacked.read_to_end(&mut bytes).map_err(AdvisoryError::Corrupt)?;
        if bytes.len() as u64 > UNPACKED_BYTES_MAX {
            return Err(AdvisoryError::Corrupt(io::Error::other("it unpacks to over 64 MiB")));
        }
        let (files, newest) = index(&bytes).map_err(AdvisoryError::Corrupt)?;
        let date = newest.and_then(|second| Timestamp::from_second(second).ok()).map(day);
        match date {
            Some(date) => Ok(Self { date, content: Content::Packed { bytes, files } }),
            None => Err(AdvisoryError::Empty(origin.to_owned())),
        }
    }

    /// Every package that a packed database names.
    #[cfg(test)]
    pub(super) fn packages(&self) -> Vec<&str> {
        match &self.content {
            Content::Packed { files, .. } => files.keys().map(String::as_str).collect(),
            Content::Folder(_) => Vec::new(),
        }
    }

    /// All advisories that stand under a package's name, ordered by file name.
    pub(super) fn of_package(&self, package: &str) -> Vec<AdvisoryFile> {
        if !is_name(package) {
            return Vec::new();
        }
        match &self.content {
            Content::Packed { bytes, files } => files
                .get(package)
                .into_iter()
                .flatten()
                .map(|file| AdvisoryFile {
                    path: format!("crates/{package}/{}", file.name),
                    advisory: parse(bytes.get(file.place.clone()).unwrap_or_default()),
                })
                .collect(),
            Content::Folder(root) => from_folder(&root.join("crates").join(package), package),
        }
    }
}

fn day(timestamp: Timestamp) -> Date {
    timestamp.to_zoned(TimeZone::UTC).date()
}

/// As crates.io allows them.
fn is_name(package: &str) -> bool {
    !package.is_empty()
        && package.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Drafts have a number of zeros; they are not yet advisories.
fn is_advisory(file: &str) -> bool {
    file.strip_suffix(".md").is_some_and(|id| !id.starts_with(['.', '_']))
        && !file.starts_with("RUSTSEC-0000-0000.")
}

type Index = (BTreeMap<String, Vec<PackedFile>>, Option<i64>);

/// Where the advisories of each package are in a tar file, and the newest file's time, seconds
/// since 1970, unless there are none.
fn index(tar: &[u8]) -> io::Result<Index> {
    let mut files: BTreeMap<String, Vec<PackedFile>> = BTreeMap::new();
    let mut newest = None;
    for entry in tar::Archive::new(tar).entries()? {
        let entry = entry?;
        let path = entry.path_bytes();
        let Ok(path) = std::str::from_utf8(&path) else { continue };
        let mut parts = path.rsplit('/');
        let (Some(file), Some(package), Some("crates")) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if !is_advisory(file) || !entry.header().entry_type().is_file() {
            continue;
        }
        newest = newest.max(Some(i64::try_from(entry.header().mtime()?).unwrap_or(0)));
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        let place = start..start.saturating_add(size);
        if place.end > tar.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let file = PackedFile { name: file.to_owned(), place };
        files.entry(package.to_owned()).or_default().push(file);
    }
    for files in files.values_mut() {
        files.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok((files, newest))
}

fn from_folder(folder: &Path, package: &str) -> Vec<AdvisoryFile> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Most packages have no advisory.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let path = format!("crates/{package}");
            return vec![AdvisoryFile { path, advisory: Err(error.to_string()) }];
        }
    };
    let mut files: Vec<AdvisoryFile> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| is_advisory(name))?;
            let text = fs::read(entry.path()).map_err(|error| error.to_string());
            let path = format!("crates/{package}/{name}");
            Some(AdvisoryFile { path, advisory: text.and_then(|text| parse(&text)) })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The newest `date` among the advisories of the newest year in a folder.
fn newest_date(root: &Path) -> Result<Date, AdvisoryError> {
    let crates = root.join("crates");
    let mut newest_year: Vec<PathBuf> = Vec::new();
    let mut year = String::new();
    for package in fs::read_dir(&crates).map_err(AdvisoryError::io(&crates))? {
        let package = package.map_err(AdvisoryError::io(&crates))?.path();
        let Ok(files) = fs::read_dir(&package) else { continue };
        for file in files.filter_map(Result::ok) {
            let Ok(name) = file.file_name().into_string() else { continue };
            // RUSTSEC-2020-0105.md
            let Some(of) = name.split('-').nth(1).filter(|_| is_advisory(&name)) else { continue };
            if of > year.as_str() {
                newest_year.clear();
                of.clone_into(&mut year);
            }
            if of == year {
                newest_year.push(file.path());
            }
        }
    }
    let date = |path: &PathBuf| {
        let text = fs::read_to_string(path).ok()?;
        let date = text.lines().find_map(|line| line.strip_prefix("date = \""))?;
        date.get(..10)?.parse::<Date>().ok()
    };
    let empty = || AdvisoryError::Empty(root.display().to_string());
    newest_year.iter().filter_map(date).max().ok_or_else(empty)
}

fn parse(bytes: &[u8]) -> Result<Advisory, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    // The library asserts what it believes of version ranges and cuts texts at bytes. A database
    // that comes from elsewhere must not be able to end the process with that.
    panic::catch_unwind(|| text.parse::<Advisory>())
        .map_err(|_| "the parser gave up on it".to_owned())?
        .map_err(|error| one_line(&error.to_string()))
}

/// Errors of TOML draw the line that they complain about.
pub(super) fn one_line(message: &str) -> String {
    let said = |line: &&str| !line.is_empty() && !line.contains('|');
    message.lines().map(str::trim).filter(said).collect::<Vec<_>>().join(": ")
}
