//! What a project builds on, in `Cargo.toml` and `Cargo.lock`: where advisories are looked for, and the
//! edit that asks for another version.

use std::path::{Path, PathBuf};

use zerr_core::verdict::Upgrade;

/// The folder and the files that tell what is known of this one: a lock file alone, or a manifest with
/// the lock file of its workspace. None without a lock file.
pub(crate) fn sources(file: &Path) -> Option<(PathBuf, Vec<PathBuf>)> {
    let folder = file.parent()?;
    if file.file_name()? == "Cargo.lock" {
        return Some((folder.to_owned(), vec![file.to_owned()]));
    }
    let root = folder.ancestors().find(|at| at.join("Cargo.lock").is_file())?;
    Some((root.to_owned(), vec![root.join("Cargo.lock"), file.to_owned()]))
}

/// Where the version stands in the text of a dependency's line, and the requirement that asks for the
/// new one: offsets in bytes, and what goes between them.
pub(crate) fn requirement(line: &str, upgrade: &Upgrade) -> Option<(usize, usize, String)> {
    let equals = line.find('=')?;
    let open = equals + line.get(equals..)?.find(['"', '\''])?;
    let quote = line.get(open..)?.chars().next()?;
    let start = open + 1;
    let end = start + line.get(start..)?.find(quote)?;
    let old = line.get(start..end)?;
    let sign = old.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or("");
    // Several conditions, or a bound from above, say what the new version might break.
    let sign = if old.contains(',') || sign.contains(['<', '>', '*']) { "" } else { sign.trim() };
    Some((start, end, format!("{sign}{}", upgrade.to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_line_is_changed_and_its_sign_is_kept() {
        let upgrade = Upgrade { package: "a".into(), version: "1.6.0".into(), to: "1.6.1".into() };
        let changed = |line: &str| {
            let (start, end, new) = requirement(line, &upgrade)?;
            Some(format!("{}{new}{}", &line[..start], &line[end..]))
        };
        for (line, wanted) in [
            ("a = \"1.6\"", "a = \"1.6.1\""),
            ("version = '=1.6.0'", "version = '=1.6.1'"),
            ("a = \"~1.6\"", "a = \"~1.6.1\""),
            ("a = \">=1.2, <2\"", "a = \"1.6.1\""),
            ("a = \"*\"", "a = \"1.6.1\""),
        ] {
            assert_eq!(changed(line).as_deref(), Some(wanted));
        }
        assert_eq!(changed("a.workspace = true"), None);
    }

    #[test]
    fn a_manifest_is_read_with_the_lock_file_of_its_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let member = folder.path().join("crates/a");
        std::fs::create_dir_all(&member).unwrap();
        let manifest = member.join("Cargo.toml");
        assert_eq!(sources(&manifest), None);
        let lock = folder.path().join("Cargo.lock");
        std::fs::write(&lock, "").unwrap();
        let root = folder.path().to_owned();
        assert_eq!(sources(&manifest), Some((root.clone(), vec![lock.clone(), manifest])));
        assert_eq!(sources(&lock), Some((root, vec![lock])));
    }
}
