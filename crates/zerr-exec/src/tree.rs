//! Folders that a hostile process has filled, measured and emptied: [`fits`], [`empty`].
//!
//! # Invariants
//! Depth costs neither stack nor descriptors: a process can nest folders by the ten thousand, and
//! recursion (the standard library's `remove_dir_all` too) would overflow the stack. Links are
//! never followed.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// Files and folders in one tree; more is an attempt to make counting slow.
const ENTRIES_MAX: u32 = 20_000;

/// Whether all that is below `path` takes at most `bytes_max` on disk, in a sane number of files.
///
/// What hides from being counted (a closed folder, a path too long to be opened) does not fit.
/// Safe while a process is still changing the tree: it only reads.
pub(crate) fn fits(path: &Path, bytes_max: u64) -> bool {
    let mut bytes_left = bytes_max;
    let mut entries_left = ENTRIES_MAX;
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Removed between being listed and being opened.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return false,
        };
        for entry in entries.flatten() {
            let metadata = match std::fs::symlink_metadata(entry.path()) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => return false,
            };
            let bytes = metadata.blocks().saturating_mul(512);
            let (Some(bytes), Some(entries)) =
                (bytes_left.checked_sub(bytes), entries_left.checked_sub(1))
            else {
                return false;
            };
            (bytes_left, entries_left) = (bytes, entries);
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    true
}

/// Removes all that is in a folder, as far as the user may. No process may be changing it.
///
/// Folders below the first level are moved up to it before they are emptied in turn.
pub(crate) fn empty(folder: &OwnedFd) -> io::Result<()> {
    let mut moved = 0_u64;
    loop {
        let names = names(folder.as_fd())?;
        if names.is_empty() {
            return Ok(());
        }
        for name in &names {
            if remove(folder.as_fd(), name)? == Removed::Yes {
                continue;
            }
            let below = open(folder.as_fd(), name)?;
            for inner in self::names(below.as_fd())? {
                if remove(below.as_fd(), &inner)? == Removed::Yes {
                    continue;
                }
                // Moving a folder writes to it (its `..`), so it has to be opened up first.
                drop(open(below.as_fd(), &inner)?);
                loop {
                    moved += 1;
                    let flags = rustix::fs::RenameFlags::NOREPLACE;
                    let to = format!("{moved}");
                    match rustix::fs::renameat_with(&below, &*inner, folder, &*to, flags) {
                        Ok(()) => break,
                        Err(Errno::EXIST) => {}
                        Err(errno) => return Err(errno.into()),
                    }
                }
            }
            rustix::fs::unlinkat(folder, &**name, AtFlags::REMOVEDIR)?;
        }
    }
}

#[derive(PartialEq, Eq)]
enum Removed {
    Yes,
    /// It is a folder with something in it.
    NotEmpty,
}

fn remove(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Removed> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let how = if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        AtFlags::REMOVEDIR
    } else {
        AtFlags::empty()
    };
    match rustix::fs::unlinkat(folder, name, how) {
        Ok(()) => Ok(Removed::Yes),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(Removed::NotEmpty),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a folder, after giving its owner the rights on it back.
fn open(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The caller has just seen that this is a folder and no link.
    rustix::fs::chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
    Ok(rustix::fs::openat(folder, name, flags, Mode::empty())?)
}

fn names(folder: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if ![c".", c".."].contains(&entry.file_name()) {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &Path) -> OwnedFd {
        std::fs::File::open(path).unwrap().into()
    }

    #[test]
    fn a_deep_tree_needs_no_deep_stack() {
        const DEPTH: usize = 3_000;
        // In memory where there is such a place: removing folders takes milliseconds on some disks.
        let top = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut folder = opened(top.path());
        for _ in 0..DEPTH {
            rustix::fs::mkdirat(&folder, "d", Mode::RWXU).unwrap();
            folder = open(folder.as_fd(), c"d").unwrap();
        }
        drop(folder);
        let work = || (fits(top.path(), u64::MAX), empty(&opened(top.path())));
        let (fits, emptied) = std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(64 * 1024);
            builder.spawn_scoped(scope, work).unwrap().join().unwrap()
        });
        // The deepest paths are longer than any path may be.
        assert!(!fits);
        emptied.unwrap();
        assert_eq!(std::fs::read_dir(top.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_are_removed_and_not_what_they_point_to() {
        let (top, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("kept"), "").unwrap();
        std::fs::create_dir_all(top.path().join("a/b/1")).unwrap();
        std::os::unix::fs::symlink(other.path(), top.path().join("a/b/link")).unwrap();
        std::os::unix::fs::symlink(other.path(), top.path().join("1")).unwrap();
        empty(&opened(top.path())).unwrap();
        assert_eq!(std::fs::read_dir(top.path()).unwrap().count(), 0);
        assert!(other.path().join("kept").exists());
    }

    #[test]
    fn bytes_and_files_are_counted() {
        let top = tempfile::tempdir().unwrap();
        assert!(fits(top.path(), 0));
        std::fs::create_dir(top.path().join("a")).unwrap();
        std::fs::write(top.path().join("a/file"), vec![1; 100_000]).unwrap();
        assert!(fits(top.path(), 200_000));
        assert!(!fits(top.path(), 90_000));
    }
}
