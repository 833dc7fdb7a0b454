//! Finds what a machine lacks, and installs it where it may. Main function: [`run`].
//!
//! Nothing is installed unasked: a person at a terminal is asked, `--yes` and `CI=true` answer
//! beforehand, and otherwise the command is printed for somebody to run.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::process::{self, Failure};
use crate::python_tools;

/// Whether packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    Given,
    Ask,
    /// Nobody is there to be asked.
    Withheld,
}

impl Consent {
    pub(crate) fn read(flags: &[String]) -> Consent {
        let is_ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        if is_ci || flags.iter().any(|flag| flag == "--yes") {
            return Consent::Given;
        }
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            return Consent::Ask;
        }
        Consent::Withheld
    }
}

/// Installs what is missing, then zerr's own Python tools.
pub(crate) fn run(consent: Consent) -> Result<(), Failure> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_met)()).collect();
    if !missing.is_empty() {
        install(&missing, consent)?;
    }
    for (component, probe) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if !process::succeeds(&mut process::cargo([probe, "--version"])) {
            eprintln!("{component} is missing: rustup component add {component}");
        }
    }
    python_tools::ensure()
}

/// One thing that the build or the checkers cannot do without.
pub(crate) struct Need {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    pub(crate) is_met: fn() -> bool,
    pub(crate) importance: Importance,
    pub(crate) packages: Packages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Importance {
    Required,
    /// Installed with the rest, but never a reason to stop.
    Optional,
}

/// What the thing is called in each package manager, empty where it has no package.
pub(crate) struct Packages {
    pub(crate) apt: &'static [&'static str],
    pub(crate) dnf: &'static [&'static str],
    pub(crate) pacman: &'static [&'static str],
    pub(crate) brew: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need {
        name: "a C and C++ compiler",
        why: "builds llama.cpp and SQLite",
        is_met: || {
            let any = |names: &[&str]| names.iter().any(|name| process::is_on_path(name));
            any(&["cc", "gcc", "clang"]) && any(&["c++", "g++", "clang++"])
        },
        importance: Importance::Required,
        packages: Packages {
            apt: &["gcc", "g++", "libc6-dev"],
            dnf: &["gcc", "gcc-c++"],
            pacman: &["gcc"],
            brew: &["llvm"],
        },
    },
    Need {
        name: "make",
        why: "builds llama.cpp",
        is_met: || process::is_on_path("make"),
        importance: Importance::Required,
        packages: Packages { apt: &["make"], dnf: &["make"], pacman: &["make"], brew: &["make"] },
    },
    Need {
        name: "cmake",
        why: "builds llama.cpp",
        is_met: || process::is_on_path("cmake"),
        importance: Importance::Required,
        packages: Packages {
            apt: &["cmake"],
            dnf: &["cmake"],
            pacman: &["cmake"],
            brew: &["cmake"],
        },
    },
    Need {
        name: "libclang",
        why: "reads llama.cpp's headers",
        is_met: has_libclang,
        importance: Importance::Required,
        packages: Packages {
            apt: &["libclang-dev"],
            dnf: &["clang-devel"],
            pacman: &["clang"],
            brew: &["llvm"],
        },
    },
    Need {
        name: "Python 3.10 or newer with venv",
        why: "runs generated Python and its checkers",
        is_met: || {
            process::succeeds(
                process::command("python3").args([
                    "-c",
                    "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))",
                ]),
            )
        },
        importance: Importance::Required,
        packages: Packages {
            apt: &["python3", "python3-venv"],
            dnf: &["python3"],
            pacman: &["python"],
            brew: &["python"],
        },
    },
    Need {
        name: "bubblewrap",
        why: "a second way to confine generated code, where the first is not allowed",
        is_met: || !cfg!(target_os = "linux") || process::is_on_path("bwrap"),
        importance: Importance::Optional,
        packages: Packages {
            apt: &["bubblewrap"],
            dnf: &["bubblewrap"],
            pacman: &["bubblewrap"],
            brew: &[],
        },
    },
];

pub(crate) fn install(missing: &[&Need], consent: Consent) -> Result<(), Failure> {
    eprintln!("zerr needs what this machine does not have yet:");
    for need in missing {
        let optional = match need.importance {
            Importance::Required => "",
            Importance::Optional => " (optional)",
        };
        eprintln!("  {}{optional}: {}", need.name, need.why);
    }
    let is_required = missing.iter().any(|need| need.importance == Importance::Required);
    let stop = |message: String| {
        if is_required {
            return Err(Failure::usage(message));
        }
        eprintln!("{message}\ngoing on without it");
        Ok(())
    };
    if !process::is_on_path("apt-get") {
        return stop(commands_elsewhere(missing));
    }
    let packages = packages(missing, |packages| packages.apt).join(" ");
    let sudo = if is_root() { "" } else { "sudo " };
    let commands =
        format!("{sudo}apt-get update && {sudo}apt-get install --no-install-recommends {packages}");
    let may = match consent {
        Consent::Given => true,
        Consent::Withheld => false,
        Consent::Ask => ask(&format!("\nInstall it with\n  {commands}\n[Y/n] "))?,
    };
    if !may {
        return stop(format!("run this, or pass --yes to let it be run:\n  {commands}"));
    }
    if !is_root() && !process::is_on_path("sudo") {
        return stop(format!("there is no sudo here; run this as root:\n  {commands}"));
    }
    apt(&["update"])?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages.split(' '));
    apt(&arguments)?;
    let still: Vec<&str> = missing
        .iter()
        .filter(|need| need.importance == Importance::Required && !(need.is_met)())
        .map(|need| need.name)
        .collect();
    if still.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "still missing after the installation: {}. Is this system too old?",
        still.join(", ")
    )))
}

fn apt(arguments: &[&str]) -> Result<(), Failure> {
    // `env` under sudo, because sudo drops variables that it does not know.
    let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if !is_root() {
        words.insert(0, "sudo");
    }
    words.extend(["-o", "Acquire::Retries=3"]);
    words.extend(arguments);
    let Some((program, rest)) = words.split_first() else { return Ok(()) };
    process::run(process::command(program).args(rest))
}

fn commands_elsewhere(missing: &[&Need]) -> String {
    let managers: [(&str, &str, Vec<&str>); 3] = [
        ("dnf", "sudo dnf install", packages(missing, |packages| packages.dnf)),
        ("pacman", "sudo pacman -S --needed", packages(missing, |packages| packages.pacman)),
        ("brew", "brew install", packages(missing, |packages| packages.brew)),
    ];
    let is_known = managers.iter().any(|(program, ..)| process::is_on_path(program));
    let lines: Vec<String> = managers
        .iter()
        .filter(|(program, _, names)| {
            !names.is_empty() && (!is_known || process::is_on_path(program))
        })
        .map(|(_, command, names)| format!("  {command} {}", names.join(" ")))
        .collect();
    format!("install it, then run this again:\n{}", lines.join("\n"))
}

fn packages(
    missing: &[&Need],
    of: impl Fn(&Packages) -> &'static [&'static str],
) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in missing.iter().flat_map(|need| of(&need.packages)) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

fn ask(question: &str) -> Result<bool, Failure> {
    let failed = |error| Failure::failed(format!("cannot ask: {error}"));
    let mut stderr = std::io::stderr();
    stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush()).map_err(failed)?;
    let mut answer = String::new();
    let length = std::io::stdin().read_line(&mut answer).map_err(failed)?;
    let answer = answer.trim().to_lowercase();
    Ok(length > 0 && matches!(answer.as_str(), "" | "y" | "yes"))
}

fn is_root() -> bool {
    process::output(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The binding generator loads the library at build time, and needs the compiler's own headers
/// beside it (a machine may have the library alone).
fn has_libclang() -> bool {
    let named: Vec<PathBuf> =
        std::env::var_os("LIBCLANG_PATH").map(PathBuf::from).into_iter().collect();
    if named.iter().any(|path| path.is_file() || holds_libclang(path)) {
        return true;
    }
    let mut folders: Vec<PathBuf> = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/Library/Developer/CommandLineTools/usr/lib",
        "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/usr/local/opt/llvm/lib",
    ]
    .map(PathBuf::from)
    .to_vec();
    for parent in ["/usr/lib", "/usr/lib64"] {
        for child in children(Path::new(parent)) {
            folders.push(child.join("lib"));
            folders.push(child);
        }
    }
    let has_library = folders.iter().any(|folder| holds_libclang(folder));
    let has_headers = folders
        .iter()
        .flat_map(|folder| children(&folder.join("clang")))
        .any(|version| version.join("include/stddef.h").is_file());
    has_library && has_headers
}

fn holds_libclang(folder: &Path) -> bool {
    children(folder).iter().any(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Not `libclang-cpp`, which is another interface.
        let rest = name.strip_prefix("libclang");
        rest.is_some_and(|rest| {
            let version = rest.trim_start_matches(['-', '.']);
            (rest.starts_with('.') || version.starts_with(|c: char| c.is_ascii_digit()))
                && (name.contains(".so") || name.contains(".dylib"))
        })
    })
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_required_thing_has_a_package_everywhere() {
        for need in NEEDS.iter().filter(|need| need.importance == Importance::Required) {
            let Packages { apt, dnf, pacman, brew } = &need.packages;
            for names in [apt, dnf, pacman, brew] {
                assert!(!names.is_empty(), "{}", need.name);
            }
        }
    }

    #[test]
    fn package_that_two_things_need_is_named_once() {
        let all: Vec<&Need> = NEEDS.iter().collect();
        let brew = packages(&all, |packages| packages.brew);
        assert_eq!(brew.iter().filter(|name| **name == "llvm").count(), 1, "{brew:?}");
    }

    #[test]
    fn libclang_is_told_from_libraries_of_similar_names() {
        let folder = std::env::temp_dir().join(format!("zerr-libclang-{}", std::process::id()));
        let verdict = |name: &str| {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), "").unwrap();
            let verdict = holds_libclang(&folder);
            std::fs::remove_dir_all(&folder).unwrap();
            verdict
        };
        for name in ["libclang.so", "libclang.so.1", "libclang-14.so.1", "libclang.dylib"] {
            assert!(verdict(name), "{name}");
        }
        for name in ["libclang-cpp.so.14", "libclangAST.a", "libclang.a", "liblldb.so"] {
            assert!(!verdict(name), "{name}");
        }
    }
}
