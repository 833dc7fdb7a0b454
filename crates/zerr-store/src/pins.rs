//! The tools of zerr's own Python environment, with their versions: [`PINS`].
//!
//! Pinned, because a newer checker may say something else about the same code. This file uses
//! nothing else of the crate, so that `xtask`, which sets the tools up too, compiles it as well.

/// One package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// As the registry knows it.
    pub package: &'static str,
    /// What it brings along.
    pub program: &'static str,
    /// Of the package.
    pub version: &'static str,
    /// The version that it says it has.
    pub says: &'static str,
    /// What is run to hear it, a program of the environment and its arguments.
    pub asked: &'static [&'static str],
}

impl Pin {
    /// As pip takes it.
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }

    /// Whether this is what the program prints when it is asked for its version.
    pub fn is_said(&self, printed: &str) -> bool {
        // `ty 0.0.105`, `Z3 version 5.4.1 - 64 bit`
        printed.split_whitespace().any(|word| word == self.says)
    }
}

/// The type checker, the linter and formatter, the solver, the symbolic executor.
pub const PINS: [Pin; 4] = [
    Pin {
        package: "ty",
        program: "ty",
        version: "0.0.105",
        says: "0.0.105",
        asked: &["ty", "--version"],
    },
    Pin {
        package: "ruff",
        program: "ruff",
        version: "0.17.6",
        says: "0.17.6",
        asked: &["ruff", "--version"],
    },
    Pin {
        package: "z3-solver",
        program: "z3",
        version: "5.4.1.0",
        says: "5.4.1",
        asked: &["z3", "--version"],
    },
    // It has no option for its version.
    Pin {
        package: "crosshair-tool",
        program: "crosshair",
        version: "0.0.113",
        says: "0.0.113",
        asked: &[
            "python",
            "-c",
            "from importlib.metadata import version; print(version('crosshair-tool'))",
        ],
    },
];

/// What pip is called with before the packages: wheels only, because what builds a package from
/// source would run on the user's machine.
pub const PIP: [&str; 7] =
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_in_what_programs_print() {
        let z3 = PINS[2];
        assert!(z3.is_said("Z3 version 5.4.1 - 64 bit"));
        assert!(!z3.is_said("Z3 version 5.4.10 - 64 bit"));
        assert_eq!(PINS[0].requirement(), "ty==0.0.105");
    }
}
