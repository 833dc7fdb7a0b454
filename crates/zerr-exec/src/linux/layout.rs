//! What a confined process sees of the file system: [`Layout`], a list of steps to build it.
//!
//! Everything that allocates or reads the host happens here, before the child exists; the child
//! only walks the list.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use crate::work_dir::INSIDE;
use crate::{ExecError, Job};

/// Seen read-only in every job: programs, libraries, and what the loader and linker look up.
const SYSTEM: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
];
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];
/// These have a meaning of their own inside.
const RESERVED: [&str; 4] = ["/dev", "/proc", "/sys", INSIDE];

/// One step; paths are relative to the new root.
#[derive(Debug)]
pub(super) enum Step {
    Folder(CString),
    EmptyFile(CString),
    Link { name: CString, to: CString },
    Tmp { at: CString, options: CString, bytes: u64 },
    Proc { at: CString },
    Bind { from: CString, at: CString, how: Use },
}

/// What a path is for, which decides its mount attributes and Landlock rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    ReadFolder,
    ReadFile,
    Device,
    Work,
}

impl Use {
    /// Mount attributes.
    pub(super) fn attributes(self) -> u64 {
        match self {
            Use::ReadFolder | Use::ReadFile => {
                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
            }
            Use::Device => MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
            Use::Work => MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
        }
    }
}

/// The steps, and the host paths they show.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) steps: Vec<Step>,
    pub(super) shown: Vec<(PathBuf, Use)>,
    /// Inside paths that exist already, with all that is below them.
    covered: Vec<PathBuf>,
    made: Vec<PathBuf>,
}

pub(super) const TMP: &str = "/tmp";
pub(super) const PROC: &str = "/proc";

/// Whether a job sees its own processes. The loader needs it to find libraries beside a program
/// (`$ORIGIN`); a container that hides parts of its own `/proc` does not let anybody mount a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proc {
    Mounted,
    Absent,
}

const MOUNT_ATTR_RDONLY: u64 = 0x1;
const MOUNT_ATTR_NOSUID: u64 = 0x2;
const MOUNT_ATTR_NODEV: u64 = 0x4;
const MOUNT_ATTR_NOEXEC: u64 = 0x8;

impl Layout {
    /// # Errors
    /// [`ExecError::BadJob`] for a `read_only` path that is relative, has `..`, does not exist, or
    /// is in the way of what has a meaning of its own inside.
    pub(super) fn of(job: &Job<'_>, proc: Proc) -> Result<Layout, ExecError> {
        let mut layout = Layout::default();
        for path in SYSTEM.map(Path::new) {
            let Ok(metadata) = std::fs::symlink_metadata(path) else { continue };
            if metadata.is_symlink() && path.parent() == Some(Path::new("/")) {
                let Ok(to) = std::fs::read_link(path) else { continue };
                layout.steps.push(Step::Link { name: inside(path)?, to: c_string(&to)? });
                layout.covered.push(path.to_owned());
            } else {
                layout.show(path, path, use_of(metadata.is_dir()))?;
            }
        }
        for path in DEVICES.map(Path::new) {
            layout.show(path, path, Use::Device)?;
        }
        layout.folders_above(Path::new("/tmp/x"))?;
        layout.steps.push(Step::Tmp {
            at: inside(Path::new(TMP))?,
            options: c_string(Path::new(&format!(
                "mode=1777,nr_inodes=10000,size={}",
                job.limits.file_bytes
            )))?,
            bytes: job.limits.file_bytes,
        });
        if let Proc::Mounted = proc {
            layout.steps.push(Step::Folder(inside(Path::new(PROC))?));
            layout.steps.push(Step::Proc { at: inside(Path::new(PROC))? });
        }
        // Parents first: what is below them is then there already.
        let mut read_only: Vec<&PathBuf> = job.read_only.iter().collect();
        read_only.sort();
        for path in read_only {
            layout.show_extra(path)?;
        }
        layout.show(job.work.host_path(), job.work.inside_path(), Use::Work)?;
        Ok(layout)
    }

    fn show_extra(&mut self, path: &Path) -> Result<(), ExecError> {
        let bad = |what| ExecError::BadJob { what, path: path.to_owned() };
        let plain =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::RootDir));
        if !path.is_absolute() || !plain || path.parent().is_none() {
            return Err(bad("a read-only path must be absolute, without `..`, and not the root"));
        }
        if RESERVED.iter().any(|reserved| path.starts_with(reserved)) || path == Path::new(TMP) {
            return Err(bad("a read-only path is in the way of the sandbox's own"));
        }
        if self.covered.iter().any(|covered| path.starts_with(covered)) {
            return Ok(());
        }
        let metadata = std::fs::metadata(path).map_err(|_| bad("no such read-only path"))?;
        self.show(path, path, use_of(metadata.is_dir()))
    }

    fn show(&mut self, from: &Path, at: &Path, how: Use) -> Result<(), ExecError> {
        self.folders_above(at)?;
        match how {
            Use::ReadFolder | Use::Work => self.steps.push(Step::Folder(inside(at)?)),
            Use::ReadFile | Use::Device => self.steps.push(Step::EmptyFile(inside(at)?)),
        }
        self.steps.push(Step::Bind { from: c_string(from)?, at: inside(at)?, how });
        self.shown.push((from.to_owned(), how));
        self.covered.push(at.to_owned());
        self.made.push(at.to_owned());
        Ok(())
    }

    fn folders_above(&mut self, path: &Path) -> Result<(), ExecError> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        for folder in above {
            if folder.parent().is_some() && !self.made.iter().any(|made| made == folder) {
                self.steps.push(Step::Folder(inside(folder)?));
                self.made.push(folder.to_owned());
            }
        }
        Ok(())
    }
}

fn use_of(is_folder: bool) -> Use {
    if is_folder { Use::ReadFolder } else { Use::ReadFile }
}

/// Attributes of the root itself once it is built.
pub(super) const ROOT_ATTRIBUTES: u64 =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

fn inside(path: &Path) -> Result<CString, ExecError> {
    c_string(path.strip_prefix("/").unwrap_or(path))
}

fn c_string(path: &Path) -> Result<CString, ExecError> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| ExecError::BadJob { what: "a path has a zero byte", path: path.to_owned() })
}
