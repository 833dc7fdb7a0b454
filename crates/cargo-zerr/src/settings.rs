//! What is in force and where it comes from: [`Settings`], made from the defaults, a file, the
//! environment and the command line; the later one wins.
//!
//! The file is `zerr.toml`, or `[workspace.metadata.zerr]` of a `Cargo.toml`, whichever is nearest
//! above the project's folder. It cannot switch the sandbox off.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use zerr_core::run::{Drawing, RunConfig};
use zerr_core::spec::SpecError;

use crate::args::{self, Formal, SettingArgs};
use crate::failure::Failure;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything that can be set. `None` leaves the choice to the spec, the model or the machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) model: Setting<Option<PathBuf>>,
    pub(crate) reliability: Setting<Option<f64>>,
    pub(crate) max_samples: Setting<u32>,
    pub(crate) time_limit: Setting<Option<Duration>>,
    pub(crate) seed: Setting<u64>,
    pub(crate) deterministic: Setting<bool>,
    pub(crate) formal: Setting<Formal>,
    pub(crate) threads: Setting<Option<u32>>,
    /// The file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSettings {
    model: Option<PathBuf>,
    reliability: Option<Spanned<f64>>,
    max_samples: Option<Spanned<u32>>,
    time_limit: Option<Spanned<String>>,
    seed: Option<u64>,
    deterministic: Option<bool>,
    formal: Option<Formal>,
    threads: Option<Spanned<u32>>,
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

impl Settings {
    /// `matches` are those of the subcommand that `given` was read from.
    pub(crate) fn resolve(
        project: &Path,
        given: &SettingArgs,
        matches: &ArgMatches,
    ) -> Result<Self, Failure> {
        let (file, raw) = match find(project)? {
            Some((path, raw)) => (Some(path), raw),
            None => (None, FileSettings::default()),
        };
        let rules = RunConfig::default();
        let layers = Layers { matches, file: file.as_deref() };
        Ok(Self {
            model: layers.pick("model", given.model.clone().map(Some), raw.model.map(Some), None),
            reliability: layers.pick(
                "reliability",
                given.reliability.map(Some),
                raw.reliability.map(Some),
                None,
            ),
            max_samples: layers.pick(
                "max_samples",
                given.max_samples,
                raw.max_samples,
                rules.samples_max,
            ),
            time_limit: layers.pick(
                "time_limit",
                given.time_limit.map(Some),
                raw.time_limit.map(Some),
                None,
            ),
            seed: layers.pick("seed", given.seed, raw.seed, rules.seed),
            deterministic: layers.pick(
                "deterministic",
                given.deterministic,
                raw.deterministic,
                false,
            ),
            formal: layers.pick("formal", given.formal, raw.formal, Formal::Quick),
            threads: layers.pick("threads", given.threads.map(Some), raw.threads.map(Some), None),
            file,
        })
    }

    /// The rules of a run under these settings; what the spec or the model says is added later.
    pub(crate) fn rules(&self) -> RunConfig {
        RunConfig {
            samples_max: self.max_samples.value,
            seed: self.seed.value,
            formal: self.formal.value.depth(),
            drawing: if self.deterministic.value {
                Drawing::Deterministic
            } else {
                Drawing::Continuous
            },
            ..RunConfig::default()
        }
    }

    pub(crate) fn time_limit_ms(&self) -> Option<u64> {
        let ms = self.time_limit.value?.as_millis();
        Some(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// Name, value and origin of each, in the order of the help.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String, &Origin)> {
        fn or<T: std::fmt::Display>(value: Option<T>, otherwise: &str) -> String {
            value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
        }
        let time = self.time_limit.value.map(humantime::format_duration);
        let model = self.model.value.as_ref().map(|path| path.display());
        vec![
            ("model", or(model, "embedded"), &self.model.origin),
            (
                "reliability",
                or(self.reliability.value, "the spec's, or 0.95"),
                &self.reliability.origin,
            ),
            ("max-samples", self.max_samples.value.to_string(), &self.max_samples.origin),
            ("time-limit", or(time, "none"), &self.time_limit.origin),
            ("seed", self.seed.value.to_string(), &self.seed.origin),
            ("deterministic", self.deterministic.value.to_string(), &self.deterministic.origin),
            ("formal", self.formal.value.to_string(), &self.formal.origin),
            ("threads", or(self.threads.value, "all cores"), &self.threads.origin),
        ]
    }
}

struct Layers<'a> {
    matches: &'a ArgMatches,
    file: Option<&'a Path>,
}

impl Layers<'_> {
    fn pick<T>(&self, id: &str, given: Option<T>, in_file: Option<T>, default: T) -> Setting<T> {
        let origin = match self.matches.value_source(id) {
            Some(ValueSource::CommandLine) => Origin::Flag(format!("--{}", id.replace('_', "-"))),
            _ => Origin::Environment(format!("ZERR_{}", id.to_uppercase())),
        };
        match (given, in_file) {
            (Some(value), _) => Setting { value, origin },
            (None, Some(value)) => {
                let origin =
                    self.file.map_or(Origin::Default, |file| Origin::File(file.to_owned()));
                Setting { value, origin }
            }
            (None, None) => Setting { value: default, origin: Origin::Default },
        }
    }
}

/// [`RawSettings`] with every value checked.
#[derive(Debug, Default, PartialEq)]
struct FileSettings {
    model: Option<PathBuf>,
    reliability: Option<f64>,
    max_samples: Option<u32>,
    time_limit: Option<Duration>,
    seed: Option<u64>,
    deterministic: Option<bool>,
    formal: Option<Formal>,
    threads: Option<u32>,
}

/// The nearest file with settings, from `folder` upwards.
fn find(folder: &Path) -> Result<Option<(PathBuf, FileSettings)>, Failure> {
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

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("cannot read the settings in {}", path.display())).because(why)
    };
    let size = fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(failed(format!("it has {size} bytes, the most are {FILE_BYTES_MAX}")));
    }
    fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

fn check(raw: RawSettings, path: &Path, text: &str) -> Result<FileSettings, Failure> {
    let mut places = Vec::new();
    let mut wrong = |span: Range<usize>, message: String| {
        places.push(place(path, text, span, message));
    };
    let reliability = raw.reliability.and_then(|value| {
        let span = value.span();
        args::reliability(&value.into_inner().to_string())
            .map_err(|why| wrong(span, format!("this is no reliability: {why}")))
            .ok()
    });
    let time_limit = raw.time_limit.and_then(|value| {
        let span = value.span();
        args::time_limit(value.get_ref())
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
        return Err(Failure::in_file(&path.display().to_string(), places, text.to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(FileSettings {
        // A path in a file is meant from where the file is.
        model: raw.model.map(|model| folder.join(model)),
        reliability,
        max_samples,
        time_limit,
        seed: raw.seed,
        deterministic: raw.deterministic,
        formal: raw.formal,
        threads,
    })
}

fn toml_error(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let span = error.span().unwrap_or(0..0);
    let place = place(path, text, span, error.message().to_owned());
    Failure::in_file(&path.display().to_string(), vec![place], text.to_owned())
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
    use clap::{Args as _, FromArgMatches as _};
    use zerr_core::run::FormalDepth;

    use super::*;

    fn resolve(folder: &Path, arguments: &[&str]) -> Result<Settings, Failure> {
        let command = SettingArgs::augment_args(clap::Command::new("test").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments).unwrap();
        let given = SettingArgs::from_arg_matches(&matches).unwrap();
        Settings::resolve(folder, &given, &matches)
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_flag_wins_over_the_nearest_file() {
        let folder = folder(&[("zerr.toml", "seed = 7\nmax-samples = 9\nmodel = \"m.gguf\"\n")]);
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let settings = resolve(&inner, &["--seed", "8"]).unwrap();
        let file = Origin::File(folder.path().join("zerr.toml"));
        assert_eq!(settings.seed, Setting { value: 8, origin: Origin::Flag("--seed".into()) });
        assert_eq!(settings.max_samples, Setting { value: 9, origin: file.clone() });
        let model = Some(folder.path().join("m.gguf"));
        assert_eq!(settings.model, Setting { value: model, origin: file });
        assert_eq!(settings.threads.origin, Origin::Default);
    }

    #[test]
    fn a_workspace_may_hold_the_settings() {
        let manifest = "[workspace]\n[workspace.metadata.zerr]\ndeterministic = true\n";
        let folder = folder(&[("Cargo.toml", manifest)]);
        let settings = resolve(folder.path(), &[]).unwrap();
        assert!(settings.deterministic.value);
        assert_eq!(settings.rules().drawing, Drawing::Deterministic);
        assert_eq!(settings.rules().formal, FormalDepth::Quick);
    }

    #[test]
    fn the_depth_of_the_formal_layer_is_a_setting() {
        let folder = folder(&[("zerr.toml", "formal = \"off\"\n")]);
        let rules = |arguments: &[&str]| resolve(folder.path(), arguments).unwrap().rules();
        assert_eq!(rules(&[]).formal, FormalDepth::Off);
        assert_eq!(rules(&["--formal", "full"]).formal, FormalDepth::Full);
    }

    #[test]
    fn every_wrong_value_of_a_file_is_told_with_its_place() {
        let text = "reliability = 1.5\nmax-samples = 0\ntime-limit = \"30\"\nthreads = 1\n";
        let folder = folder(&[("zerr.toml", text)]);
        let failure = resolve(folder.path(), &[]).unwrap_err();
        let lines: Vec<_> =
            failure.places().iter().map(|place| (place.line, place.offending.as_str())).collect();
        assert_eq!(lines, [(1, "1.5"), (3, "\"30\""), (2, "0")]);
    }

    #[test]
    fn a_file_cannot_switch_the_sandbox_off() {
        let folder = folder(&[("zerr.toml", "\nno-isolation-i-accept-the-risk = true\n")]);
        let failure = resolve(folder.path(), &[]).unwrap_err();
        assert!(failure.places()[0].message.contains("unknown field"), "{failure:?}");
        assert_eq!(failure.places()[0].line, 2);
    }
}
