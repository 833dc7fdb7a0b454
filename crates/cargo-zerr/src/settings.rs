//! What is in force and where it comes from: [`Settings`], made from the defaults, a file, the
//! environment and the command line; the later one wins.
//!
//! The file is `zerr.toml`, or `[workspace.metadata.zerr]` of a `Cargo.toml`, whichever is nearest
//! above the project's folder. It cannot switch the sandbox off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::Serialize;
use zerr_core::run::{Drawing, RunConfig};
use zerr_engine::zerr_verify::LICENCES;
use zerr_engine::{FileSettings, settings_of};

use crate::args::{Formal, SettingArgs};
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
    pub(crate) risk: Setting<Option<f64>>,
    pub(crate) max_samples: Setting<u32>,
    pub(crate) time_limit: Setting<Option<Duration>>,
    pub(crate) seed: Setting<u64>,
    pub(crate) deterministic: Setting<bool>,
    pub(crate) formal: Setting<Formal>,
    pub(crate) threads: Setting<Option<u32>>,
    /// Tests that judge and that no model sees, by parts of their names.
    pub(crate) held_out: Setting<Vec<String>>,
    /// Licences that a proposed package may be under.
    pub(crate) licences: Setting<Vec<String>>,
    /// The file that was read, if there is one.
    pub(crate) file: Option<PathBuf>,
}

impl Settings {
    /// `matches` are those of the subcommand that `given` was read from.
    pub(crate) fn resolve(
        project: &Path,
        given: &SettingArgs,
        matches: &ArgMatches,
    ) -> Result<Self, Failure> {
        let (file, raw) = match settings_of(project)? {
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
            risk: layers.pick("risk", given.risk.map(Some), raw.risk.map(Some), None),
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
            formal: layers.pick("formal", given.formal, raw.formal.map(Formal::of), Formal::Quick),
            threads: layers.pick("threads", given.threads.map(Some), raw.threads.map(Some), None),
            held_out: Setting {
                origin: match &file {
                    Some(file) if !raw.held_out.is_empty() => Origin::File(file.clone()),
                    _ => Origin::Default,
                },
                value: raw.held_out,
            },
            licences: Setting {
                origin: match &file {
                    Some(file) if raw.licences.is_some() => Origin::File(file.clone()),
                    _ => Origin::Default,
                },
                value: raw
                    .licences
                    .unwrap_or_else(|| LICENCES.iter().map(|own| (*own).to_owned()).collect()),
            },
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
        let held_out = match self.held_out.value.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        vec![
            ("model", or(model, "embedded"), &self.model.origin),
            (
                "reliability",
                or(self.reliability.value, "the spec's, or 0.95"),
                &self.reliability.origin,
            ),
            ("risk", or(self.risk.value, "none stated"), &self.risk.origin),
            ("max-samples", self.max_samples.value.to_string(), &self.max_samples.origin),
            ("time-limit", or(time, "none"), &self.time_limit.origin),
            ("seed", self.seed.value.to_string(), &self.seed.origin),
            ("deterministic", self.deterministic.value.to_string(), &self.deterministic.origin),
            ("formal", self.formal.value.to_string(), &self.formal.origin),
            ("threads", or(self.threads.value, "all cores"), &self.threads.origin),
            ("verify.held-out", held_out, &self.held_out.origin),
            ("dependencies.licences", self.licences.value.join(", "), &self.licences.origin),
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

#[cfg(test)]
mod tests {
    use std::fs;

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
