//! Where zerr keeps what belongs to the user and not to one project. Main type: [`Dirs`].
//!
//! This is the one place of the rule:
//! - data (models, tools, what must not vanish): `ZERR_DATA_DIR`, else the platform's own place
//!   for user data: `$XDG_DATA_HOME/zerr` or `~/.local/share/zerr` on Linux,
//!   `~/Library/Application Support/zerr` on macOS, `%APPDATA%\zerr\data` on Windows;
//! - cache (what can be made again): `ZERR_CACHE_DIR`, else `$XDG_CACHE_HOME/zerr` or
//!   `~/.cache/zerr`, `~/Library/Caches/zerr`, `%LOCALAPPDATA%\zerr\cache`.
//!
//! The two variables name the folder itself, without `zerr` appended; an empty value counts as
//! unset. This file uses nothing else of the crate, so that `xtask`, which sets the tools up,
//! compiles it too.

use std::ffi::OsString;
use std::path::PathBuf;

/// The user's folders for zerr. They need not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    pub data: PathBuf,
    pub cache: PathBuf,
}

/// There is no home folder and the variables do not say where else to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHome;

impl std::fmt::Display for NoHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is no home folder; set ZERR_DATA_DIR and ZERR_CACHE_DIR")
    }
}

impl std::error::Error for NoHome {}

impl Dirs {
    /// The folders in force for this process.
    pub fn from_env() -> Result<Dirs, NoHome> {
        Dirs::resolve(|name| std::env::var_os(name))
    }

    fn resolve(variable: impl Fn(&str) -> Option<OsString>) -> Result<Dirs, NoHome> {
        let set = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty())?;
            let path = PathBuf::from(value);
            // Tools are started in other working folders.
            Some(std::path::absolute(&path).unwrap_or(path))
        };
        let project = directories::ProjectDirs::from("", "", "zerr");
        let platform = |pick: fn(&directories::ProjectDirs) -> &std::path::Path| {
            project.as_ref().map(|project| pick(project).to_path_buf())
        };
        Ok(Dirs {
            data: set("ZERR_DATA_DIR")
                .or_else(|| platform(directories::ProjectDirs::data_dir))
                .ok_or(NoHome)?,
            cache: set("ZERR_CACHE_DIR")
                .or_else(|| platform(directories::ProjectDirs::cache_dir))
                .ok_or(NoHome)?,
        })
    }

    /// Downloaded models.
    pub fn models(&self) -> PathBuf {
        self.data.join("models")
    }

    /// `RustSec`'s advisories, where they were fetched.
    pub fn advisory_db(&self) -> PathBuf {
        self.data.join("advisory-db")
    }

    /// zerr's own Python environment, with the pinned checkers and formatters in it.
    pub fn python_env(&self) -> PathBuf {
        self.data.join("tools").join("python")
    }

    /// A program of that environment, such as `python`, `ty` or `ruff`.
    pub fn python_tool(&self, name: &str) -> PathBuf {
        if cfg!(windows) {
            self.python_env().join("Scripts").join(format!("{name}.exe"))
        } else {
            self.python_env().join("bin").join(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_the_folders_themselves() {
        let dirs = Dirs::resolve(|name| match name {
            "ZERR_DATA_DIR" => Some("/d".into()),
            "ZERR_CACHE_DIR" => Some("/c".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(dirs, Dirs { data: "/d".into(), cache: "/c".into() });
        assert!(dirs.python_tool("ty").starts_with("/d/tools/python"));
    }

    #[test]
    fn relative_variable_becomes_absolute() {
        let dirs = Dirs::resolve(|_| Some("here".into())).unwrap();
        assert!(dirs.data.is_absolute() && dirs.data.ends_with("here"));
    }

    #[test]
    fn empty_variable_counts_as_unset() {
        let (empty, unset) = (Dirs::resolve(|_| Some(OsString::new())), Dirs::resolve(|_| None));
        assert_eq!(empty, unset);
    }
}
