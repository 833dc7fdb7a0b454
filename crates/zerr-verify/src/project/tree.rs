//! The files of a project, held so that they can be put down again in work folders: [`Tree`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use zerr_core::hash::Hash;
use zerr_exec::WorkDir;
use zerr_syntax::site::Site;

use crate::VerifyError;

/// A larger file is left out: no source is that large, and data would be copied for every candidate.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// The same for all files together.
const BYTES_MAX: u64 = 256 << 20;

/// What a build made is small; and all of it together.
const GENERATED_BYTES_MAX: u64 = 1 << 20;
const GENERATED_ALL_MAX: u64 = 32 << 20;

/// The folder of the copy in a work folder.
pub(super) const FOLDER: &str = "tree";

/// All files that git would not ignore.
pub(super) struct Tree {
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What a build made, which no model is shown: git ignores secrets as well.
    generated: Vec<(PathBuf, Vec<u8>)>,
    /// What was left out, for people.
    pub(super) left_out: Vec<String>,
}

impl Tree {
    /// Reads everything below `root`.
    pub(super) fn read(root: &Path) -> Result<Self, VerifyError> {
        let mut tree = Self { files: Vec::new(), generated: Vec::new(), left_out: Vec::new() };
        let mut bytes = 0;
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .follow_links(true)
            .filter_entry(|entry| {
                let is_named = matches!(entry.file_name().to_str(), Some(".git" | "__pycache__"));
                // Environments, and what tools can make again.
                let marks = ["pyvenv.cfg", "CACHEDIR.TAG"];
                let is_made = entry.depth() > 0
                    && entry.file_type().is_some_and(|kind| kind.is_dir())
                    && marks.iter().any(|mark| entry.path().join(mark).exists());
                !is_named && !is_made
            })
            .sort_by_file_path(Ord::cmp)
            .build();
        for entry in walk.filter_map(Result::ok) {
            let path = entry.path();
            let Ok(inside) = path.strip_prefix(root) else { continue };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            // Links within the project are followed; what leads out of it is not copied.
            let is_within = path.canonicalize().is_ok_and(|real| real.starts_with(root));
            if !is_within {
                tree.left_out.push(format!("{} leads out of the project", inside.display()));
                continue;
            }
            let length = path.metadata().map_or(0, |metadata| metadata.len());
            if length > FILE_BYTES_MAX || bytes + length > BYTES_MAX {
                tree.left_out.push(format!(
                    "{} is not shown to the tests ({} MB)",
                    inside.display(),
                    length >> 20
                ));
                continue;
            }
            bytes += length;
            let text = std::fs::read(path).map_err(VerifyError::work_dir("copy a file"))?;
            tree.files.push((inside.to_owned(), text));
        }
        tree.add_generated(root)?;
        Ok(tree)
    }

    /// Adds what a build put beside Python modules (`_version.py`) and into packages (compiled messages): git
    /// ignores it, and the package does not load or work without.
    fn add_generated(&mut self, root: &Path) -> Result<(), VerifyError> {
        let is_python = |path: &Path| path.extension().is_some_and(|it| it == "py");
        let folders: BTreeSet<PathBuf> = self
            .files
            .iter()
            .filter(|(path, _)| is_python(path))
            .filter_map(|(path, _)| path.parent().map(Path::to_owned))
            .collect();
        let mut known: BTreeSet<PathBuf> =
            self.files.iter().map(|(path, _)| path.clone()).collect();
        let is_package = |folder: &Path| known.contains(&folder.join("__init__.py"));
        let mut open: Vec<(PathBuf, bool)> =
            folders.into_iter().map(|folder| (folder.clone(), is_package(&folder))).collect();
        let mut bytes = 0;
        while let Some((folder, is_package)) = open.pop() {
            let Ok(entries) = std::fs::read_dir(root.join(&folder)) else { continue };
            let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            for name in names {
                let inside = folder.join(&name);
                let path = root.join(&inside);
                let Ok(metadata) = path.symlink_metadata() else { continue };
                let is_hidden = name.as_encoded_bytes().starts_with(b".") || name == "__pycache__";
                if metadata.is_dir() && is_package && !is_hidden {
                    open.push((inside, true));
                    continue;
                }
                let is_wanted = is_python(&path) || is_package;
                let fits = metadata.len() <= GENERATED_BYTES_MAX
                    && bytes + metadata.len() <= GENERATED_ALL_MAX;
                let is_new = metadata.is_file() && !is_hidden && !known.contains(&inside);
                if is_new && is_wanted && fits {
                    bytes += metadata.len();
                    let text =
                        std::fs::read(&path).map_err(VerifyError::work_dir("copy a file"))?;
                    known.insert(inside.clone());
                    self.generated.push((inside, text));
                }
            }
        }
        self.generated.sort();
        Ok(())
    }

    /// Writes the files, one of them with another text.
    pub(super) fn write(
        &self,
        work: &WorkDir,
        other: Option<(&Path, &str)>,
    ) -> Result<(), VerifyError> {
        for (path, bytes) in self.files.iter().chain(&self.generated) {
            if other.is_none_or(|(changed, _)| changed != path) {
                work.write(Path::new(FOLDER).join(path), bytes)
                    .map_err(VerifyError::work_dir("write"))?;
            }
        }
        if let Some((path, text)) = other {
            work.write(Path::new(FOLDER).join(path), text)
                .map_err(VerifyError::work_dir("write"))?;
        }
        Ok(())
    }

    /// The nearest file of one of these names in or above the folder of `file` whose text `fits`.
    pub(super) fn nearest(
        &self,
        file: &Path,
        names: &[&str],
        fits: impl Fn(&str) -> bool,
    ) -> Option<(String, String)> {
        file.ancestors().skip(1).find_map(|folder| {
            names.iter().find_map(|name| {
                let path = folder.join(name);
                let (_, bytes) = self.files.iter().find(|(own, _)| *own == path)?;
                let text = std::str::from_utf8(bytes).ok().filter(|text| fits(text))?;
                Some(((*name).to_owned(), text.to_owned()))
            })
        })
    }

    /// The texts of the files with this extension, `first` at the front.
    pub(super) fn sources(&self, extension: &str, first: &Path) -> Vec<(String, String)> {
        let mut found: Vec<(&PathBuf, &str)> = self
            .files
            .iter()
            .filter(|(path, _)| path.extension().is_some_and(|it| it == extension))
            .filter_map(|(path, bytes)| Some((path, std::str::from_utf8(bytes).ok()?)))
            .collect();
        found.sort_by_key(|(path, _)| (path.as_path() != first, *path));
        found
            .into_iter()
            .map(|(path, text)| (path.display().to_string(), text.to_owned()))
            .collect()
    }

    /// Hash of everything but the text between two places of one file.
    pub(super) fn hash(&self, file: &Path, site: &Site) -> Hash {
        let mut parts: Vec<&[u8]> = Vec::new();
        for (path, bytes) in self.files.iter().chain(&self.generated) {
            parts.push(path.as_os_str().as_encoded_bytes());
            match (path == file, bytes.get(..site.body.start), bytes.get(site.body.end..)) {
                (true, Some(before), Some(after)) => parts.extend([before, after]),
                _ => parts.push(bytes),
            }
        }
        Hash::of("project-state", &parts)
    }

    /// Adds a file at the root.
    pub(super) fn put(&mut self, name: &str, text: String) {
        self.files.push((PathBuf::from(name), text.into_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use zerr_syntax::Language;
    use zerr_syntax::site::sites;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn what_a_build_put_into_packages_is_taken_and_other_ignored_files_are_not() {
        let folder = folder(&[
            (".gitignore", "_version.py\nbuild\nsecret.txt\n*.mo\n"),
            ("src/p/locale/de/p.mo", "m"),
            ("tests/test_p.py", "\n"),
            ("tests/secret.txt", "s"),
            ("src/p/__pycache__/x.mo", "c"),
            ("src/p/__init__.py", "from p._version import version\n"),
            ("src/p/_version.py", "version = '1'\n"),
            ("build/p/_version.py", "version = '0'\n"),
        ]);
        let root = folder.path().canonicalize().unwrap();
        let tree = Tree::read(&root).unwrap();
        let all = tree.files.iter().chain(&tree.generated);
        let names: Vec<String> = all.map(|(path, _)| path.display().to_string()).collect();
        assert_eq!(
            names,
            [
                ".gitignore",
                "src/p/__init__.py",
                "tests/test_p.py",
                "src/p/_version.py",
                "src/p/locale/de/p.mo"
            ]
        );
        let shown = tree.sources("py", Path::new("src/p/__init__.py"));
        assert_eq!(shown.len(), 2, "what git ignores is shown to nobody: {shown:?}");
    }

    #[test]
    fn the_state_is_all_but_the_functions_body() {
        let text = "fn f() -> u8 {\n    1\n}\n";
        let of = |text: &str, other: &str| {
            let folder = folder(&[("lib.rs", text), ("data.txt", other)]);
            let tree = Tree::read(&folder.path().canonicalize().unwrap()).unwrap();
            let site = &sites(Language::Rust, text)[0];
            tree.hash(Path::new("lib.rs"), site)
        };
        let state = of(text, "a");
        assert_eq!(state, of(&text.replace("    1", "    2 + 3"), "a"));
        assert_ne!(state, of(&text.replace("u8", "u16"), "a"));
        assert_ne!(state, of(&format!("{text}// More.\n"), "a"));
        assert_ne!(state, of(text, "b"));
    }
}
