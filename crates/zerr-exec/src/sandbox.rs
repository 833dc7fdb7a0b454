//! The sandbox: [`Sandbox`], found out once, then used for every run.

use std::io;

use crate::{Cancel, ExecError, Isolation, Job, Outcome, WorkDir};

#[cfg(target_os = "linux")]
use crate::linux::Confinement;

/// A way to run code that nobody has read.
///
/// Cheap to share by reference between threads; runs do not disturb each other.
#[derive(Debug)]
pub struct Sandbox {
    way: Way,
}

#[derive(Debug)]
enum Way {
    #[cfg(target_os = "linux")]
    Confined(Confinement),
    Unconfined,
}

/// Why there is no sandbox on this machine, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("no sandbox is available: {message}")]
pub struct Unavailable {
    /// What was tried and how it failed.
    pub message: String,
    /// What the user can do.
    pub hint: String,
}

impl Sandbox {
    /// Finds a confinement that works here, by really running `/bin/true` in it.
    ///
    /// Fails closed: a machine on which a layer is missing gets [`Unavailable`], never a weaker
    /// sandbox. (Landlock alone is optional: the mount namespace already hides what it guards.)
    #[cfg(target_os = "linux")]
    pub fn probe() -> Result<Sandbox, Unavailable> {
        let confinement = Confinement::probe()?;
        Ok(Sandbox { way: Way::Confined(confinement) })
    }

    /// Not on this platform yet.
    #[cfg(not(target_os = "linux"))]
    pub fn probe() -> Result<Sandbox, Unavailable> {
        Err(Unavailable {
            message: format!("confinement is not implemented on {}", std::env::consts::OS),
            hint: "run zerr on Linux, in a virtual machine or a container".to_owned(),
        })
    }

    /// Runs generated code with the user's own rights: only when the user asked for that in words.
    ///
    /// What remains: resource limits, a cleared environment, closed descriptors, the wall clock and
    /// the output limit. A process that leaves its process group may outlive the job.
    pub fn none_accepted_in_words() -> Sandbox {
        Sandbox { way: Way::Unconfined }
    }

    /// The layers that every run of this sandbox has.
    pub fn isolation(&self) -> Isolation {
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Confined(confinement) => confinement.isolation(),
            Way::Unconfined => Isolation { rlimits: true, ..Isolation::default() },
        }
    }

    /// Whether jobs have a `/proc`. Some containers let nobody mount one; there, programs that look
    /// for files beside themselves through `/proc/self/exe` do not find them. The linker that
    /// rustc brings along is one: use the system's (`-Clinker-features=-lld`).
    pub fn shows_proc(&self) -> bool {
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Confined(confinement) => confinement.shows_proc(),
            Way::Unconfined => cfg!(target_os = "linux"),
        }
    }

    /// A fresh, empty work folder for jobs of this sandbox.
    pub fn work_dir(&self) -> io::Result<WorkDir> {
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Confined(confinement) => confinement.work_dir(),
            Way::Unconfined => WorkDir::in_place(),
        }
    }

    /// Runs a job to its end, and kills whatever it left running.
    ///
    /// Returns within `limits.wall_ms` and a little, or 20 ms after a cancel.
    pub fn run(&self, job: &Job<'_>, cancel: &Cancel) -> Result<Outcome, ExecError> {
        if !job.program.is_absolute() {
            return Err(ExecError::BadJob {
                what: "the program's path is not absolute",
                path: job.program.clone(),
            });
        }
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Confined(confinement) => confinement.run(job, cancel),
            Way::Unconfined => crate::session::run_unconfined(job, cancel),
        }
    }
}
