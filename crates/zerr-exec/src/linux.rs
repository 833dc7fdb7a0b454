//! Confinement on Linux: [`Confinement`].
//!
//! Namespaces, a root that shows only what the job needs, no rights, Landlock, a system call
//! filter, resource limits; made by zerr itself ([`Own`]) or, where the system lets only certain
//! programs make namespaces, by [`Bubblewrap`].
//!
//! Needs Linux 5.14: `mount_setattr` (5.12) to make whole trees read-only, and process limits that
//! are counted by user namespace (5.14).

mod bubblewrap;
pub(crate) mod child;
mod filter;
mod layout;
mod network;
mod own;
mod rights;

use std::io;
use std::path::Path;
use std::sync::Arc;

use self::bubblewrap::Bubblewrap;
use self::layout::Proc;
use self::network::Networks;
use self::own::Own;
use crate::{Cancel, ExecError, Isolation, Job, Outcome, Unavailable, WorkDir};

/// The way that works on this machine.
#[derive(Debug)]
pub(crate) struct Confinement(Way);

#[derive(Debug)]
enum Way {
    Own(Own),
    Bubblewrap(Bubblewrap),
}

impl Confinement {
    /// Finds the first way in which `/bin/true` runs.
    pub(crate) fn probe() -> Result<Confinement, Unavailable> {
        let filter = filter::program().map_err(|message| Unavailable {
            message,
            hint: "use a machine with an x86-64, ARM64 or RISC-V processor".to_owned(),
        })?;
        if own::limits_would_not_hold() {
            return Err(Unavailable {
                message: "zerr runs as root without the rights of root, and the kernel does not \
                          count root's processes"
                    .to_owned(),
                hint: "start zerr as an ordinary user, or the container with `--privileged`"
                    .to_owned(),
            });
        }
        let bubblewrap = [Proc::Mounted, Proc::Absent]
            .into_iter()
            .filter_map(|proc| Bubblewrap::find(filter.clone(), proc))
            .map(Way::Bubblewrap);
        let networks = Arc::new(Networks::new(own::may_change_user()));
        let ways = [Proc::Mounted, Proc::Absent]
            .into_iter()
            .flat_map(|proc| {
                let kept = Some(Arc::clone(&networks));
                [kept, None].map(|networks| Way::Own(Own::new(filter.clone(), proc, networks)))
            })
            .chain(bubblewrap);
        let mut failures = Vec::new();
        for way in ways {
            let confinement = Confinement(way);
            match confinement.run_true() {
                Ok(()) => return Ok(confinement),
                Err(failure) if failures.contains(&failure) => {}
                Err(failure) => failures.push(failure),
            }
        }
        Err(Unavailable { message: failures.join("; "), hint: hint() })
    }

    fn run_true(&self) -> Result<(), String> {
        let work =
            self.work_dir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let job = Job::new("/bin/true", &work);
        match self.run(&job, &Cancel::new()) {
            Ok(outcome) if outcome.is_success() => Ok(()),
            Ok(outcome) => Err(format!("/bin/true ended as {:?}", outcome.status)),
            Err(error) => Err(with_source(&error)),
        }
    }

    pub(crate) fn shows_proc(&self) -> bool {
        match &self.0 {
            Way::Own(own) => own.shows_proc(),
            Way::Bubblewrap(bubblewrap) => bubblewrap.shows_proc(),
        }
    }

    pub(crate) fn isolation(&self) -> Isolation {
        match &self.0 {
            Way::Own(own) => own.isolation(),
            Way::Bubblewrap(bubblewrap) => bubblewrap.isolation(),
        }
    }

    pub(crate) fn work_dir(&self) -> io::Result<WorkDir> {
        match &self.0 {
            Way::Own(own) => own.work_dir(),
            Way::Bubblewrap(bubblewrap) => bubblewrap.work_dir(),
        }
    }

    pub(crate) fn run(&self, job: &Job<'_>, cancel: &Cancel) -> Result<Outcome, ExecError> {
        match &self.0 {
            Way::Own(own) => own.run(job, cancel),
            Way::Bubblewrap(bubblewrap) => bubblewrap.run(job, cancel),
        }
    }
}

fn with_source(error: &ExecError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What commonly forbids namespaces, and how to allow them.
fn hint() -> String {
    let setting = |name: &str| {
        std::fs::read_to_string(Path::new("/proc/sys").join(name))
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    };
    let hint = if setting("kernel/unprivileged_userns_clone") == "0" {
        "allow user namespaces: `sudo sysctl kernel.unprivileged_userns_clone=1`"
    } else if setting("user/max_user_namespaces") == "0" {
        "allow user namespaces: `sudo sysctl user.max_user_namespaces=10000`"
    } else if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
        "allow user namespaces: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, \
         or install bubblewrap with its AppArmor profile"
    } else {
        "Linux 5.14 or newer with user namespaces is needed; in a container, start it with \
         `--security-opt seccomp=unconfined --cap-add SYS_ADMIN`, or `--privileged`"
    };
    hint.to_owned()
}
