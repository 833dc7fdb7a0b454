//! Versions that their authors took back, as far as cargo's own cache of the registry's index knows:
//! [`Index`].
//!
//! A file of the cache holds, behind a short head, for each version its number, a zero byte, its
//! description as JSON, a zero byte. Only the one that is asked for is looked at.

use std::path::{Path, PathBuf};

/// The folders of cargo's cache, one a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index(Vec<PathBuf>);

/// What is known of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Yanked,
    Offered,
    /// The cache does not hold it.
    Unknown,
}

impl Index {
    /// Of the person who runs this; `None` where cargo has fetched nothing yet.
    pub(super) fn find() -> Option<Self> {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
        Self::in_home(&home)
    }

    fn in_home(home: &Path) -> Option<Self> {
        let registries = std::fs::read_dir(home.join("registry/index")).ok()?;
        let mut found: Vec<PathBuf> = registries
            .flatten()
            .map(|entry| entry.path().join(".cache"))
            .filter(|cache| cache.is_dir())
            .collect();
        found.sort();
        (!found.is_empty()).then_some(Self(found))
    }

    /// What the cache says of a version of a package from crates.io.
    pub(super) fn ask(&self, name: &str, version: &str) -> Known {
        let name = name.to_lowercase();
        let place = match name.as_bytes() {
            [] => return Known::Unknown,
            [_] => format!("1/{name}"),
            [_, _] => format!("2/{name}"),
            [first, _, _] => format!("3/{}/{name}", char::from(*first)),
            [a, b, c, d, ..] => {
                let [a, b, c, d] = [a, b, c, d].map(|byte| char::from(*byte));
                format!("{a}{b}/{c}{d}/{name}")
            }
        };
        let mut known = Known::Unknown;
        for folder in &self.0 {
            let Ok(bytes) = std::fs::read(folder.join(&place)) else { continue };
            match of_version(&bytes, version) {
                Some(true) => return Known::Yanked,
                Some(false) => known = Known::Offered,
                None => {}
            }
        }
        known
    }
}

fn of_version(bytes: &[u8], version: &str) -> Option<bool> {
    let mut parts = bytes.split(|byte| *byte == 0);
    parts.find(|part| *part == version.as_bytes())?;
    let entry: serde_json::Value = serde_json::from_slice(parts.next()?).ok()?;
    entry.get("yanked")?.as_bool()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_among_others_and_what_is_not_there_is_unknown() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Index::in_home(home.path()), None);
        let folder = home.path().join("registry/index/one-1/.cache/ab/cd");
        std::fs::create_dir_all(&folder).unwrap();
        let text = "\u{3}\u{2}|||etag: 1.0.1|1.0.0|{\"vers\": \"1.0.0\", \"yanked\": false}|\
                    1.0.1|{\"vers\": \"1.0.1\", \"yanked\": true}|"
            .replace('|', "\u{0}");
        std::fs::write(folder.join("abcde"), text).unwrap();
        let index = Index::in_home(home.path()).unwrap();
        assert_eq!(index.ask("AbCde", "1.0.0"), Known::Offered);
        assert_eq!(index.ask("abcde", "1.0.1"), Known::Yanked);
        assert_eq!(index.ask("abcde", "1.0.2"), Known::Unknown);
        assert_eq!(index.ask("a", "1.0.2"), Known::Unknown);
    }
}
