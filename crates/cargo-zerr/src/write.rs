//! Files on their way to the user's disk: [`Change`], [`apply`].
//!
//! # Invariants
//! - All files or none; each whole or not at all. Everything that can fail is done on temporary
//!   files first, and what was renamed into place already is put back when a later one fails.
//! - A file that zerr did not write, or that changed since it was looked at, is not touched unless
//!   the user says so.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use similar::TextDiff;
use tempfile::NamedTempFile;
use zerr_core::hash::Hash;
use zerr_syntax::{Language, request};

use crate::exit::Exit;
use crate::failure::Failure;

/// Whether files of others are spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Careful,
    Force,
}

/// What is known of the text that a change replaces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected<'a> {
    /// The text it was made for.
    Text(&'a Hash),
    /// What zerr wrote there the last time, if it did.
    Own(Option<&'a str>),
}

/// One file, looked at and not yet touched.
#[derive(Debug)]
pub(crate) struct Change {
    path: PathBuf,
    text: String,
    old: Option<Vec<u8>>,
    guard: Guard,
}

impl Change {
    /// Looks at the file as it is. A link is followed: it stays, and what it points to changes.
    pub(crate) fn look(path: &Path, text: &str, guard: Guard) -> Result<Self, Failure> {
        let path = path
            .canonicalize()
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_owned());
        let old = current(&path)?;
        Ok(Self { path, text: text.to_owned(), old, guard })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn hash(&self) -> Hash {
        Hash::of_text("file", &self.text)
    }

    fn is_needed(&self) -> bool {
        self.old.as_deref() != Some(self.text.as_bytes())
    }

    /// Refuses to replace what is not ours to replace.
    pub(crate) fn check(&self, expected: Expected<'_>) -> Result<(), Failure> {
        if self.guard == Guard::Force || !self.is_needed() {
            return Ok(());
        }
        let old = self.old.as_deref().map(|old| Hash::of("file", &[old]));
        let why = match (expected, old) {
            (Expected::Text(_), None) => "it is gone",
            (Expected::Text(wanted), Some(old)) if *wanted != old && !self.asks_for(wanted) => {
                "it changed while zerr worked on it"
            }
            (Expected::Own(written), Some(old)) if written != Some(old.as_str()) => {
                "it is there already, and zerr did not write it or it changed since"
            }
            _ => return self.check_rights(),
        };
        Err(refused(&self.path, why))
    }

    /// Whether a comment of the old text asks for the function of the text that was worked on.
    fn asks_for(&self, wanted: &Hash) -> bool {
        let language = self.path.extension().and_then(|it| it.to_str());
        let language = language.and_then(Language::from_extension);
        let old = self.old.as_deref().and_then(|old| std::str::from_utf8(old).ok());
        let (Some(language), Some(old)) = (language, old) else { return false };
        let comments = request::comments(language, old).into_iter();
        let mut opened = comments.filter_map(|comment| comment.opened(old));
        opened.any(|(text, _)| Hash::of_text("file", &text) == *wanted)
    }

    fn check_rights(&self) -> Result<(), Failure> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.permissions().readonly() => {
                Err(refused(&self.path, "it is read-only"))
            }
            _ => Ok(()),
        }
    }

    /// The change as a unified diff; empty when there is none.
    pub(crate) fn diff(&self) -> String {
        let old = self.old.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let name = self.path.display().to_string();
        let from = if self.old.is_some() { name.as_str() } else { "/dev/null" };
        TextDiff::from_lines(old.as_ref(), self.text.as_str())
            .unified_diff()
            .header(from, &name)
            .to_string()
    }

    /// The new text in a temporary file beside the old one, on the disk.
    fn prepare(&self) -> Result<NamedTempFile, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
        temporary(folder, self.text.as_bytes(), &self.path)
            .map_err(|error| cannot("write", &self.path, &error))
    }

    fn is_as_it_was(&self) -> Result<(), Failure> {
        if current(&self.path)? == self.old || self.guard == Guard::Force {
            return Ok(());
        }
        Err(refused(&self.path, "it changed while zerr worked on it"))
    }

    fn persist(&self, file: NamedTempFile) -> io::Result<()> {
        let done = match (&self.old, self.guard) {
            (None, Guard::Careful) => file.persist_noclobber(&self.path),
            _ => file.persist(&self.path),
        };
        done.map(drop).map_err(|error| error.error)
    }

    fn undo(&self) -> io::Result<()> {
        match &self.old {
            None => fs::remove_file(&self.path),
            Some(old) => {
                let folder = self.path.parent().unwrap_or(Path::new("."));
                temporary(folder, old, &self.path)?.persist(&self.path)?;
                Ok(())
            }
        }
    }
}

/// The file's content, if there is a file.
fn current(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::metadata(path) {
        // A device could be read for ever.
        Ok(metadata) if !metadata.is_file() => Err(refused(path, "it is no file")),
        Ok(_) => fs::read(path).map(Some).map_err(|error| cannot("read", path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Makes all changes, or none.
pub(crate) fn apply(changes: &[Change]) -> Result<(), Failure> {
    let needed = || changes.iter().filter(|change| change.is_needed());
    let mut prepared = Vec::new();
    for change in needed() {
        prepared.push(change.prepare()?);
    }
    for change in needed() {
        change.is_as_it_was()?;
    }
    rename(needed(), prepared)
}

/// Puts prepared files in their places; all of them, or none.
fn rename<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    prepared: impl IntoIterator<Item = NamedTempFile>,
) -> Result<(), Failure> {
    let mut done: Vec<&Change> = Vec::new();
    for (change, file) in changes.into_iter().zip(prepared) {
        if let Err(error) = change.persist(file) {
            let mut failure = cannot("write", &change.path, &error);
            for change in done {
                if let Err(error) = change.undo() {
                    failure.exit = Exit::Internal;
                    let path = change.path.display();
                    failure = failure.because(format!("{path} could not be put back: {error}"));
                }
            }
            return Err(failure);
        }
        done.push(change);
    }
    for change in done {
        // Some file systems cannot sync a folder; the files themselves are on the disk.
        let folder = change.path.parent().unwrap_or(Path::new("."));
        drop(File::open(folder).and_then(|folder| folder.sync_all()));
    }
    Ok(())
}

/// A synced temporary file with rights and owner of `like`, or those of any new file.
fn temporary(folder: &Path, bytes: &[u8], like: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".zerr-");
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt as _;
        // Less the umask, as for every new file.
        builder.permissions(Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(metadata) = fs::metadata(like) {
        file.as_file().set_permissions(metadata.permissions())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            // Only root may give files away; for anybody else the owner is right already.
            drop(std::os::unix::fs::fchown(
                file.as_file(),
                Some(metadata.uid()),
                Some(metadata.gid()),
            ));
        }
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("{} is not overwritten", path.display())).because(why).hint(
        "`--diff` shows what would change, `--out DIR` writes elsewhere, `--force` overwrites it",
    )
}

fn cannot(action: &str, path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::usage(format!("cannot {action} {}", path.display())).because(error);
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            failure.hint("free some space, or write elsewhere with `--out DIR`")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            failure.hint("write to a folder that is yours with `--out DIR`")
        }
        ErrorKind::AlreadyExists => failure.hint("it appeared meanwhile; `--force` overwrites it"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn look(path: &Path, text: &str) -> Change {
        Change::look(path, text, Guard::Careful).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_of_somebody_else_is_spared_unless_forced() {
        let folder = folder();
        let path = folder.path().join("a.rs");
        fs::write(&path, "mine").unwrap();
        let change = look(&path, "new");
        let error = change.check(Expected::Own(None)).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        let own = Hash::of_text("file", "mine");
        change.check(Expected::Own(Some(own.as_str()))).unwrap();
        let forced = Change::look(&path, "new", Guard::Force).unwrap();
        forced.check(Expected::Own(None)).unwrap();
        apply(&[forced]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_spared_and_so_are_all_others() {
        let folder = folder();
        let (one, two) = (folder.path().join("1.rs"), folder.path().join("2.rs"));
        fs::write(&two, "old").unwrap();
        let changes = [look(&one, "new"), look(&two, "new")];
        fs::write(&two, "edited").unwrap();
        apply(&changes).unwrap_err();
        assert_eq!(names(folder.path()), ["2.rs"]);
        assert_eq!(fs::read_to_string(&two).unwrap(), "edited");
    }

    #[test]
    fn a_change_made_for_another_text_is_refused() {
        let folder = folder();
        let path = folder.path().join("a.rs");
        fs::write(&path, "now").unwrap();
        let before = Hash::of_text("file", "before");
        look(&path, "new").check(Expected::Text(&before)).unwrap_err();
        look(&path, "new").check(Expected::Text(&Hash::of_text("file", "now"))).unwrap();
    }

    #[test]
    fn when_a_later_file_cannot_be_written_the_earlier_ones_are_put_back() {
        let folder = folder();
        let (one, two, three) =
            (folder.path().join("1.rs"), folder.path().join("2.rs"), folder.path().join("3.rs"));
        fs::write(&one, "old").unwrap();
        let looked = |path: &Path| Change::look(path, "new", Guard::Force).unwrap();
        let changes = [look(&one, "new"), look(&two, "new"), looked(&three)];
        // No rename can put a file where a folder is.
        fs::create_dir(&three).unwrap();
        fs::write(three.join("x"), "").unwrap();
        let done = rename(&changes, changes.iter().map(|change| change.prepare().unwrap()));
        assert_eq!(done.unwrap_err().exit, Exit::Usage);
        assert_eq!(fs::read_to_string(&one).unwrap(), "old");
        assert_eq!(names(folder.path()), ["1.rs", "3.rs"]);
    }

    #[cfg(unix)]
    #[test]
    fn rights_are_kept_and_links_stay_links() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = folder();
        let (path, link) = (folder.path().join("a.py"), folder.path().join("link.py"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o751)).unwrap();
        symlink(&path, &link).unwrap();
        apply(&[look(&link, "new")]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o751);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_file_is_spared() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder();
        let path = folder.path().join("a.py");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        let own = Hash::of_text("file", "old");
        let error = look(&path, "new").check(Expected::Own(Some(own.as_str()))).unwrap_err();
        assert!(error.because[0].contains("read-only"));
    }

    #[test]
    fn a_diff_names_the_lines() {
        let folder = folder();
        let path = folder.path().join("a.py");
        fs::write(&path, "a\nb\n").unwrap();
        let diff = look(&path, "a\nc\n").diff();
        assert!(diff.contains("-b\n+c\n"), "{diff}");
        assert_eq!(look(&path, "a\nb\n").diff(), "");
    }
}
