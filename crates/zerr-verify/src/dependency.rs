//! A package that candidates would need and that a project does not depend on: whether it may be proposed to
//! a person. Main function: [`check_dependency`].
//!
//! # Invariants
//! - Nothing is added anywhere: a proposal is a command for a person.
//! - The registry is asked by the user's own cargo or pip, with the user's rights, and no code of the
//!   package is run or built for it.
//! - What could not be checked is not proposed.
//!
//! # Non-goals
//! What the package itself depends on: `cargo zerr audit` reads the lock file once it is added.

use std::path::Path;

use serde::{Deserialize, Serialize};
use spdx::{Expression, ParseMode};
use zerr_exec::{Cancel, Outcome, trusted};
use zerr_syntax::Language;

use crate::{Advisories, VerifyError};

/// Licences that ask for no more than to be named, by their SPDX identifiers: what a project may depend on
/// unless it says otherwise.
pub const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// A registry answers within this.
const REGISTRY_MS: u64 = 60_000;

/// A package that passed every check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// As the registry has it.
    pub name: String,
    /// The version that cargo or pip would take.
    pub version: String,
    /// As its authors state it.
    pub licence: String,
    /// What adds it.
    pub command: String,
}

/// What was found out about a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedDependency {
    /// It exists, its licence is on the list, and no advisory is known against it.
    Proposed(Dependency),
    /// It is not proposed.
    Refused {
        /// Why, in words.
        why: String,
    },
}

/// What a registry says.
struct Known {
    name: String,
    version: String,
    licence: Option<String>,
}

/// Asks the registry of a language about a package, by the name that code has for it, and holds it against
/// advisories and the licences that a project allows.
///
/// # Errors
/// [`VerifyError::NoTool`] without cargo or an interpreter with pip.
pub fn check_dependency(
    language: Language,
    name: &str,
    folder: &Path,
    advisories: &Advisories,
    licences: &[String],
    cancel: &Cancel,
) -> Result<CheckedDependency, VerifyError> {
    let refused = |why: String| Ok(CheckedDependency::Refused { why });
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_plain) {
        return refused("this is no name of a package".to_owned());
    }
    let known = match language {
        Language::Rust => of_cargo(name, cancel)?,
        Language::Python => of_pip(name, folder, cancel)?,
    };
    let known = match known {
        Ok(known) => known,
        Err(why) => return refused(why),
    };
    let Known { name, version, licence } = known;
    let Some(licence) = licence else {
        return refused(format!("{name} {version} states no licence that can be read"));
    };
    if !is_allowed(&licence, licences) {
        return refused(format!("the licence of {name} {version} is not on the list: {licence}"));
    }
    match advisories.of_version(language, &name, &version) {
        Err(why) => return refused(format!("{name} was not held against advisories: {why}")),
        Ok(known) => {
            if let Some(first) = known.first() {
                return refused(format!("{name} {version} has an advisory, {first}"));
            }
        }
    }
    let command = match language {
        Language::Rust => format!("cargo add {name}@{version}"),
        Language::Python => format!("python -m pip install {name}=={version}"),
    };
    Ok(CheckedDependency::Proposed(Dependency { name, version, licence, command }))
}

/// Whether some choice of an SPDX expression needs only licences of the list. What is no such expression is
/// on no list.
fn is_allowed(licence: &str, licences: &[String]) -> bool {
    // Older packages write `MIT/Apache-2.0`.
    let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else { return false };
    expression.evaluate(|asked| {
        let id = asked.license.id().map(|id| id.name);
        id.is_some_and(|id| licences.iter().any(|own| own.eq_ignore_ascii_case(id)))
    })
}

/// What a tool complained of, where it did not answer.
fn complaint(ended: &Outcome) -> String {
    let said = String::from_utf8_lossy(&ended.stderr);
    let line = said.lines().find(|line| line.to_lowercase().starts_with("error"));
    let line = line.or(said.lines().next()).unwrap_or("it does not answer");
    let line = line.trim_start_matches("error: ").trim_start_matches("ERROR: ");
    line.split(" in registry `").next().unwrap_or(line).chars().take(200).collect()
}

type Asked = Result<Known, String>;

fn of_cargo(name: &str, cancel: &Cancel) -> Result<Asked, VerifyError> {
    let cargo = trusted::find("cargo").ok_or(VerifyError::NoTool {
        tool: "cargo",
        message: "not on the PATH".to_owned(),
        hint: "install Rust with rustup (https://rustup.rs)",
    })?;
    let ask = |name: &str| {
        trusted::Command::new(&cargo)
            .args(["info", "--color", "never", name])
            // In a package it would write that one's lock file anew.
            .cwd("/")
            .timeout_ms(REGISTRY_MS)
            .run(cancel)
    };
    let mut ended = ask(name)?;
    // Code has `_` where the registry may have `-`.
    if !ended.is_success() && name.contains('_') {
        let hyphened = ask(&name.replace('_', "-"))?;
        if hyphened.is_success() {
            ended = hyphened;
        }
    }
    if cancel.is_cancelled() {
        return Err(VerifyError::Cancelled);
    }
    if !ended.is_success() {
        return Ok(Err(complaint(&ended)));
    }
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    Ok(read_cargo_info(&said)
        .ok_or_else(|| "`cargo info` says nothing that can be read".to_owned()))
}

/// What `cargo info` prints: the name with keywords, a description, then `key: value` lines.
fn read_cargo_info(said: &str) -> Option<Known> {
    let word = |text: &str| text.split_whitespace().next().map(str::to_owned);
    let name = word(said.lines().next()?)?;
    // A description may hold anything: the list of facts begins with the version.
    let facts = || said.lines().skip_while(|line| !line.starts_with("version: "));
    let value = |key: &str| facts().find_map(|line| line.strip_prefix(key));
    let version = word(value("version: ")?)?;
    let licence = value("license: ").map(str::trim).filter(|it| *it != "unknown");
    Some(Known { name, version, licence: licence.map(str::to_owned) })
}

/// Distributions whose module has another name, as far as models like to use them.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("PIL", "pillow"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("dotenv", "python-dotenv"),
    ("sklearn", "scikit-learn"),
    ("yaml", "pyyaml"),
];

fn of_pip(name: &str, folder: &Path, cancel: &Cancel) -> Result<Asked, VerifyError> {
    let python = crate::project::interpreter(folder, cancel).ok_or(VerifyError::NoTool {
        tool: "python3",
        message: "neither an environment of the project nor one on the PATH".to_owned(),
        hint: "make one with `python3 -m venv .venv`",
    })?;
    let known = DISTRIBUTIONS.iter().find(|(module, _)| *module == name);
    let name = known.map_or(name, |(_, distribution)| distribution);
    // Built packages only: to ask a source package means to run its code.
    let always =
        ["-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"];
    let ended = trusted::Command::new(python)
        .args(always)
        .args([
            "--only-binary",
            ":all:",
            "--disable-pip-version-check",
            "--report",
            "-",
            "--",
            name,
        ])
        .cwd("/")
        .timeout_ms(REGISTRY_MS)
        .run(cancel)?;
    if cancel.is_cancelled() {
        return Err(VerifyError::Cancelled);
    }
    if !ended.is_success() {
        return Ok(Err(complaint(&ended)));
    }
    let read = read_pip_report(&ended.stdout);
    Ok(read.ok_or_else(|| "pip says nothing that can be read".to_owned()))
}

#[derive(Deserialize)]
struct PipReport {
    install: Vec<PipInstall>,
}

#[derive(Deserialize)]
struct PipInstall {
    metadata: PipMetadata,
}

#[derive(Deserialize)]
struct PipMetadata {
    name: String,
    version: String,
    license: Option<String>,
    license_expression: Option<String>,
    #[serde(default)]
    classifier: Vec<String>,
}

/// What `pip install --report` says of the one package.
fn read_pip_report(json: &[u8]) -> Option<Known> {
    let report: PipReport = serde_json::from_slice(json).ok()?;
    let PipMetadata { name, version, license, license_expression, classifier } =
        report.install.into_iter().next()?.metadata;
    // Before SPDX came to Python's metadata, licences were classified by name.
    let classified = classifier.iter().find_map(|one| {
        let named = one.strip_prefix("License :: OSI Approved :: ")?;
        CLASSIFIERS.iter().find(|(own, _)| *own == named).map(|(_, id)| (*id).to_owned())
    });
    let short = license.filter(|text| text.len() < 60);
    Some(Known { name, version, licence: license_expression.or(classified).or(short) })
}

/// What Python's classifiers mean, where they mean one licence.
const CLASSIFIERS: &[(&str, &str)] = &[
    ("Apache Software License", "Apache-2.0"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("zlib/libpng License", "Zlib"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Vec<String> {
        LICENCES.iter().map(|own| (*own).to_owned()).collect()
    }

    #[test]
    fn one_choice_of_licences_has_to_be_on_the_list() {
        for good in ["MIT", "MIT OR Apache-2.0", "GPL-3.0-only OR MIT", "MIT/Apache-2.0"] {
            assert!(is_allowed(good, &list()), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "see LICENSE", "", "MPL-2.0"] {
            assert!(!is_allowed(bad, &list()), "{bad}");
        }
        assert!(is_allowed("MPL-2.0", &["MPL-2.0".to_owned()]));
    }

    #[test]
    fn what_cargo_says_of_a_crate_is_read() {
        let said = "regex #dfa #text\nFinds things.\nlicense: not this line\nversion: 1.13.1 (latest \
                    1.13.2)\nlicense: MIT OR Apache-2.0\nrust-version: 1.65\nfeatures:\n +default = []\n";
        let known = read_cargo_info(said).unwrap();
        assert_eq!((known.name.as_str(), known.version.as_str()), ("regex", "1.13.1"));
        assert_eq!(known.licence.as_deref(), Some("MIT OR Apache-2.0"));
        let silent = read_cargo_info("x\nversion: 0.1.0\nlicense: unknown\n").unwrap();
        assert_eq!(silent.licence, None);
        assert!(read_cargo_info("x\nnothing of use\n").is_none());
    }

    #[test]
    fn what_pip_says_of_a_package_is_read() {
        let report = |rest: &str| {
            format!(
                "{{\"install\": [{{\"metadata\": {{\"name\": \"a\", \"version\": \"1\", {rest}}}}}]}}"
            )
        };
        let licence = |rest: &str| read_pip_report(report(rest).as_bytes()).unwrap().licence;
        assert_eq!(licence("\"license_expression\": \"MIT\"").as_deref(), Some("MIT"));
        let classified = "\"classifier\": [\"License :: OSI Approved :: Apache Software License\"]";
        assert_eq!(licence(classified).as_deref(), Some("Apache-2.0"));
        assert_eq!(licence("\"license\": \"BSD-3-Clause\"").as_deref(), Some("BSD-3-Clause"));
        assert_eq!(licence("\"license\": null"), None);
        assert!(read_pip_report(b"{\"install\": []}").is_none());
    }

    #[test]
    fn a_name_that_could_be_an_option_is_never_asked_for() {
        let advisories = Advisories::new(crate::DatabaseChoice::Bundled, None);
        for name in ["--config", "", "a b", "-v", "_x"] {
            let checked = check_dependency(
                Language::Rust,
                name,
                Path::new("/"),
                &advisories,
                &list(),
                &Cancel::new(),
            );
            assert!(matches!(checked, Ok(CheckedDependency::Refused { .. })), "{name}");
        }
    }

    #[test]
    fn a_version_with_an_advisory_is_known() {
        let advisories = Advisories::new(crate::DatabaseChoice::Bundled, None);
        let known = |version| advisories.of_version(Language::Rust, "time", version).unwrap();
        assert!(
            known("0.1.40").iter().any(|it| it.starts_with("RUSTSEC-2020-0071")),
            "{:?}",
            known("0.1.40")
        );
        assert_eq!(known("99.0.0"), Vec::<String>::new());
        assert!(advisories.of_version(Language::Python, "pyyaml", "6.0").is_err(), "no folder");
    }
}
