//! People's own code that is to be checked: [`Survey`], [`SourceFile`].
//!
//! # Invariants
//! Texts are read once, by the caller; a layer never reads a file of its own accord, so that what
//! was checked is what was hashed. Tools that read files by themselves (cargo, ruff, ty) are told
//! by name which ones.

use std::path::Path;
use std::sync::Arc;

use zerr_syntax::Language;

/// What a file is, as far as layers care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A source file of a target language.
    Source(Language),
    /// `Cargo.toml`.
    CargoManifest,
    /// `Cargo.lock`.
    CargoLock,
    /// `requirements*.txt`, `poetry.lock`, `uv.lock`, `Pipfile.lock`, `pylock.toml`.
    PythonLock,
    /// Any other text.
    Other,
}

impl FileKind {
    /// By name alone.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match name {
            "Cargo.toml" => Self::CargoManifest,
            "Cargo.lock" => Self::CargoLock,
            "poetry.lock" | "uv.lock" | "Pipfile.lock" | "pylock.toml" => Self::PythonLock,
            _ if name.starts_with("requirements") && extension == "txt" => Self::PythonLock,
            _ => match extension {
                "rs" => Self::Source(Language::Rust),
                "py" | "pyi" => Self::Source(Language::Python),
                _ => Self::Other,
            },
        }
    }

    /// The language of a source file.
    pub fn language(self) -> Option<Language> {
        match self {
            Self::Source(language) => Some(language),
            _ => None,
        }
    }
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// From the root, with `/`.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Its text; a byte order mark is taken away.
    pub text: Arc<str>,
}

/// The files of a project that are to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Survey<'a> {
    /// The project's folder, absolute.
    pub root: &'a Path,
    /// What is to be checked, ordered by path.
    pub files: &'a [SourceFile],
}

impl<'a> Survey<'a> {
    /// The source files of a language.
    pub fn sources(&self, language: Language) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.kind.language() == Some(language))
    }

    /// The files of a kind.
    pub fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_name() {
        for (path, kind) in [
            ("src/lib.rs", FileKind::Source(Language::Rust)),
            ("a/b.py", FileKind::Source(Language::Python)),
            ("x/Cargo.lock", FileKind::CargoLock),
            ("Cargo.toml", FileKind::CargoManifest),
            ("requirements-dev.txt", FileKind::PythonLock),
            ("deep/uv.lock", FileKind::PythonLock),
            ("README.md", FileKind::Other),
            (".rs", FileKind::Source(Language::Rust)),
            ("noext", FileKind::Other),
        ] {
            assert_eq!(FileKind::of(path), kind, "{path}");
        }
    }
}
