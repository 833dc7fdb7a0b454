//! The only writable place of a confined process: [`WorkDir`].
//!
//! A confined process fills it, so everything in it is hostile: names, links, pipes, sizes. All
//! access goes by descriptors, one path component at a time, and never follows a link.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Uid};
use tempfile::TempDir;

use crate::tree;

/// Where the folder is mounted for a confined process: always here, so that no message tells where
/// it was. A name that no machine uses, because what is there cannot be shown.
#[cfg(target_os = "linux")]
pub(crate) const INSIDE: &str = "/zerr";

/// User ids that belong to nobody: the range systemd gives to services for a moment. They fit the
/// 65,536 ids that containers map.
#[cfg(target_os = "linux")]
const IDS: std::ops::RangeInclusive<u32> = 61_184..=65_519;

/// A fresh folder; removed with all that is in it on drop.
#[derive(Debug)]
pub struct WorkDir {
    dir: TempDir,
    inside: PathBuf,
    owner: Option<u32>,
}

impl WorkDir {
    /// For processes that see it at `/zerr`. With `own_user` it belongs to a user id of its own,
    /// so that neither another job nor any service shares it.
    #[cfg(target_os = "linux")]
    pub(crate) fn mounted(own_user: Option<OwnUser>) -> io::Result<WorkDir> {
        let dir = fresh()?;
        let owner = own_user.map(|OwnUser| next_id());
        let work_dir = WorkDir { dir, inside: PathBuf::from(INSIDE), owner };
        work_dir.give(work_dir.open_root()?.as_fd())?;
        Ok(work_dir)
    }

    /// For processes that see it where it is.
    pub(crate) fn in_place() -> io::Result<WorkDir> {
        let dir = fresh()?;
        let inside = dir.path().canonicalize()?;
        Ok(WorkDir { dir, inside, owner: None })
    }

    /// Where it is for zerr. Do not open what a process made through this path: use
    /// [`WorkDir::read`].
    pub fn host_path(&self) -> &Path {
        self.dir.path()
    }

    /// Where it is for the process.
    pub fn inside_path(&self) -> &Path {
        &self.inside
    }

    /// Lets other jobs see it: pass the path that comes back as their [`crate::Job::read_only`].
    ///
    /// Only this path, never one below it: a process may have put a link in its place, and mounts
    /// follow links.
    pub fn share(&self) -> io::Result<&Path> {
        std::fs::set_permissions(self.dir.path(), PermissionsExt::from_mode(0o755))?;
        Ok(self.dir.path())
    }

    /// The user id that owns it and runs the jobs, if that is not zerr's own.
    #[cfg(target_os = "linux")]
    pub(crate) fn owner(&self) -> Option<u32> {
        self.owner
    }

    /// Writes a file, replacing what has that name; makes the folders above it.
    ///
    /// # Errors
    /// `InvalidInput` for a path that is absolute, empty or has `..`; `NotADirectory` or `loop`
    /// errors when a folder on the way is a link.
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.write_with(path.as_ref(), bytes.as_ref(), 0o644)
    }

    /// Like [`WorkDir::write`], and the file can be executed.
    pub fn write_executable(
        &self,
        path: impl AsRef<Path>,
        bytes: impl AsRef<[u8]>,
    ) -> io::Result<()> {
        self.write_with(path.as_ref(), bytes.as_ref(), 0o755)
    }

    fn write_with(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let (folders, name) = split(path)?;
        let folder = self.open_folder(&folders, Missing::Make)?;
        match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(0o600))?;
        let mut file = File::from(file);
        file.write_all(bytes)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        self.give(file.as_fd())
    }

    /// Makes a folder and those above it.
    pub fn create_dir_all(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let folders = components(path.as_ref())?;
        self.open_folder(&folders, Missing::Make).map(drop)
    }

    /// Reads a regular file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// `InvalidInput` as for [`WorkDir::write`], and for anything that is no regular file;
    /// `FileTooLarge`; a loop or not-a-directory error for links.
    pub fn read(&self, path: impl AsRef<Path>, bytes_max: u64) -> io::Result<Vec<u8>> {
        let (folders, name) = split(path.as_ref())?;
        let folder = self.open_folder(&folders, Missing::Fail)?;
        // NONBLOCK: opening a pipe that nobody writes to must not wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&folder, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut bytes = Vec::new();
        File::from(file).take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    /// Whether a regular file with this name is there (a link to one is not).
    pub fn has_file(&self, path: impl AsRef<Path>) -> bool {
        split(path.as_ref())
            .and_then(|(folders, name)| {
                let folder = self.open_folder(&folders, Missing::Fail)?;
                Ok(rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?)
            })
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
    }

    /// Whether all that is in it takes at most `bytes_max` on disk, in a sane number of files.
    pub(crate) fn fits(&self, bytes_max: u64) -> bool {
        tree::fits(self.dir.path(), bytes_max)
    }

    fn open_root(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::open(self.dir.path(), flags, Mode::empty())?)
    }

    fn open_folder(&self, names: &[&OsStr], missing: Missing) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = self.open_root()?;
        for name in names {
            let made = match missing {
                Missing::Make => match rustix::fs::mkdirat(&folder, *name, 0o755.into()) {
                    Ok(()) => true,
                    Err(rustix::io::Errno::EXIST) => false,
                    Err(errno) => return Err(errno.into()),
                },
                Missing::Fail => false,
            };
            folder = rustix::fs::openat(&folder, *name, flags, Mode::empty())?;
            if made {
                self.give(folder.as_fd())?;
            }
        }
        Ok(folder)
    }

    fn give(&self, fd: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
        let Some(id) = self.owner else { return Ok(()) };
        rustix::fs::fchown(fd, Some(Uid::from_raw(id)), Some(Gid::from_raw(id)))?;
        Ok(())
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // The folder itself goes with `dir`. What cannot be removed stays behind: there is nobody
        // to tell, and `dir` would go down into it by recursion.
        if self.open_root().and_then(|folder| tree::empty(&folder)).is_err() {
            self.dir.disable_cleanup(true);
        }
    }
}

/// Asks for a user id of its own.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnUser;

#[derive(Debug, Clone, Copy)]
enum Missing {
    Make,
    Fail,
}

fn fresh() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("zerr-").tempdir()
}

#[cfg(target_os = "linux")]
fn next_id() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ids = IDS.end() - IDS.start() + 1;
    // Start somewhere else in each process: two of them then rarely meet.
    let start = std::process::id().wrapping_mul(97);
    IDS.start() + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % ids
}

fn components(path: &Path) -> io::Result<Vec<&OsStr>> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a path inside the folder");
    path.components()
        .filter(|component| !matches!(component, Component::CurDir))
        .map(|component| match component {
            Component::Normal(name) => Ok(name),
            _ => Err(refused()),
        })
        .collect()
}

fn split(path: &Path) -> io::Result<(Vec<&OsStr>, &OsStr)> {
    let mut names = components(path)?;
    let name = names
        .pop()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a path to a file"))?;
    Ok((names, name))
}
