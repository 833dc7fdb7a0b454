//! Settings of a project that every face reads: `zerr.toml`, or `[workspace.metadata.zerr]` of a
//! `Cargo.toml`, whichever is nearest. Main type: [`FileSettings`].
//!
//! # Invariants
//! A file cannot switch the sandbox off.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use zerr_core::run::{Drawing, FormalDepth, RunConfig};
use zerr_core::spec::SpecError;

/// What a file sets, every value checked; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileSettings {
    /// A GGUF file or a recording, from the file's folder on.
    pub model: Option<PathBuf>,
    /// How sure a whole result has to be, between 0 and 1.
    pub reliability: Option<f64>,
    /// The share of accepted functions that may be wrong, between 0 and 1.
    pub risk: Option<f64>,
    /// Most samples of one function.
    pub max_samples: Option<u32>,
    /// Wall clock of one run.
    pub time_limit: Option<Duration>,
    /// The seed of all seeds.
    pub seed: Option<u64>,
    /// Whether waves have a fixed shape.
    pub deterministic: Option<bool>,
    /// How far the formal layer goes.
    pub formal: Option<FormalDepth>,
    /// Threads of the model.
    pub threads: Option<u32>,
    /// `[verify] held-out`: tests whose names hold one of these judge, and no model sees them.
    pub held_out: Vec<String>,
    /// `[dependencies] licences`: what a proposed package may be under, by SPDX identifiers.
    pub licences: Option<Vec<String>>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings in {}: {why}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        why: String,
    },
    /// Values that cannot be, each with its place.
    #[error("wrong settings in {}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// Every mistake.
        places: Vec<SpecError>,
    },
}

impl SettingsError {
    /// All of it on one line.
    pub fn line(&self) -> String {
        match self {
            Self::Unread { .. } => self.to_string(),
            Self::Wrong { path, places, .. } => {
                let told = places.iter().map(|it| format!("line {}: {}", it.line, it.message));
                format!("{}: {}", path.display(), told.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

impl FileSettings {
    /// The rules of a run under these settings; what the spec or the model says is added later.
    pub fn rules(&self) -> RunConfig {
        let rules = RunConfig::default();
        RunConfig {
            samples_max: self.max_samples.unwrap_or(rules.samples_max),
            seed: self.seed.unwrap_or(rules.seed),
            formal: self.formal.unwrap_or(rules.formal),
            drawing: match self.deterministic {
                Some(true) => Drawing::Deterministic,
                _ => rules.drawing,
            },
            ..rules
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSettings {
    model: Option<PathBuf>,
    reliability: Option<Spanned<f64>>,
    risk: Option<Spanned<f64>>,
    max_samples: Option<Spanned<u32>>,
    time_limit: Option<Spanned<String>>,
    seed: Option<u64>,
    deterministic: Option<bool>,
    formal: Option<FormalDepth>,
    threads: Option<Spanned<u32>>,
    verify: Option<RawVerify>,
    dependencies: Option<RawDependencies>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawDependencies {
    #[serde(alias = "licenses")]
    licences: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawVerify {
    #[serde(default, alias = "held_out")]
    held_out: Vec<String>,
}

#[derive(Deserialize)]
struct CargoManifest {
    workspace: Option<CargoWorkspace>,
}

#[derive(Deserialize)]
struct CargoWorkspace {
    metadata: Option<CargoMetadata>,
}

#[derive(Deserialize)]
struct CargoMetadata {
    zerr: Option<RawSettings>,
}

const FILE_BYTES_MAX: u64 = 1_000_000;

/// The nearest file with settings, from `folder` upwards.
///
/// # Errors
/// [`SettingsError`]: a file that is there and cannot be used is never passed over.
pub fn settings_of(folder: &Path) -> Result<Option<(PathBuf, FileSettings)>, SettingsError> {
    for folder in folder.ancestors() {
        let own = folder.join("zerr.toml");
        if own.is_file() {
            let text = read(&own)?;
            let raw = toml::from_str::<RawSettings>(&text)
                .map_err(|error| toml_error(&own, &text, &error))?;
            return Ok(Some((own.clone(), check(raw, &own, &text)?)));
        }
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() {
            let text = read(&manifest)?;
            // Most manifests say nothing of zerr; a broken one is cargo's to complain about.
            if !text.contains("zerr") {
                continue;
            }
            let raw = toml::from_str::<CargoManifest>(&text)
                .map_err(|error| toml_error(&manifest, &text, &error))?;
            let raw = raw.workspace.and_then(|workspace| workspace.metadata?.zerr);
            if let Some(raw) = raw {
                return Ok(Some((manifest.clone(), check(raw, &manifest, &text)?)));
            }
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<String, SettingsError> {
    let failed = |why: String| SettingsError::Unread { path: path.to_owned(), why };
    let size = fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(failed(format!("it has {size} bytes, the most are {FILE_BYTES_MAX}")));
    }
    fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

fn check(raw: RawSettings, path: &Path, text: &str) -> Result<FileSettings, SettingsError> {
    let mut places = Vec::new();
    let mut wrong = |span: Range<usize>, message: String| {
        places.push(place(path, text, span, message));
    };
    let reliability_set = raw.reliability.and_then(|value| {
        let span = value.span();
        reliability(&value.into_inner().to_string())
            .map_err(|why| wrong(span, format!("this is no reliability: {why}")))
            .ok()
    });
    let risk = raw.risk.and_then(|value| {
        let span = value.span();
        reliability(&value.into_inner().to_string())
            .map_err(|why| wrong(span, format!("this is no risk: {why}")))
            .ok()
    });
    let time_limit_set = raw.time_limit.and_then(|value| {
        let span = value.span();
        time_limit(value.get_ref())
            .map_err(|why| wrong(span, format!("this is no time limit: {why}")))
            .ok()
    });
    let mut within = |value: Option<Spanned<u32>>, max: u32| {
        let value = value?;
        let (span, number) = (value.span(), value.into_inner());
        if (1..=max).contains(&number) {
            return Some(number);
        }
        wrong(span, format!("{number} is not between 1 and {max}"));
        None
    };
    let max_samples = within(raw.max_samples, 100_000);
    let threads = within(raw.threads, 512);
    if !places.is_empty() {
        return Err(SettingsError::Wrong { path: path.to_owned(), text: text.to_owned(), places });
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(FileSettings {
        // A path in a file is meant from where the file is.
        model: raw.model.map(|model| folder.join(model)),
        reliability: reliability_set,
        risk,
        max_samples,
        time_limit: time_limit_set,
        seed: raw.seed,
        deterministic: raw.deterministic,
        formal: raw.formal,
        threads,
        held_out: raw.verify.unwrap_or_default().held_out,
        licences: raw.dependencies.unwrap_or_default().licences,
    })
}

fn toml_error(path: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let span = error.span().unwrap_or(0..0);
    let places = vec![place(path, text, span, error.message().to_owned())];
    SettingsError::Wrong { path: path.to_owned(), text: text.to_owned(), places }
}

/// A reliability, as it is written.
///
/// # Errors
/// What it has to be, in words.
pub fn reliability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("it is a number between 0 and 1, both excluded, such as 0.95".to_owned()),
    }
}

/// A time limit, as it is written: `30s`.
///
/// # Errors
/// What it has to be, in words.
pub fn time_limit(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time > Duration::ZERO => Ok(time),
        Ok(_) => Err("it must be longer than nothing".to_owned()),
        Err(_) => Err("it is a time with its unit, such as 30s or 2min".to_owned()),
    }
}

fn place(path: &Path, text: &str, span: Range<usize>, message: String) -> SpecError {
    let (line, column) = zerr_syntax::line_column(text, span.start);
    SpecError {
        file: path.display().to_string(),
        line,
        column,
        offending: text.get(span).unwrap_or("").to_owned(),
        message,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_are_held_out_are_a_setting_of_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let text = "seed = 3\n\n[verify]\nheld-out = [\"tests::secret\"]\n";
        fs::write(folder.path().join("zerr.toml"), text).unwrap();
        let inner = folder.path().join("src");
        fs::create_dir(&inner).unwrap();
        let (path, settings) = settings_of(&inner).unwrap().unwrap();
        assert_eq!(path, folder.path().join("zerr.toml"));
        assert_eq!(settings.held_out, ["tests::secret"]);
        assert_eq!(settings.rules().seed, 3);
        fs::write(folder.path().join("zerr.toml"), "[verify]\nheldout = []\n").unwrap();
        let error = settings_of(&inner).unwrap_err();
        assert!(error.line().contains("line 2: unknown field `heldout`"), "{}", error.line());
    }
}
