//! The empty network that all jobs of a sandbox share: [`Network::empty`].
//!
//! To make a network and to take it away again are slow, and the kernel does the second on any core
//! it likes: while jobs came and went, whoever used an editor beside them waited for up to three
//! milliseconds. Nothing is in the network, not even a loopback that is up, and the system call
//! filter lets no job make, name or connect a socket: jobs do not meet in it.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, WaitOptions};

use super::child::{self, Network};
use super::own::mapping_of;

impl Network {
    /// Makes one; `own_rights` if zerr is root in the full sense and needs no user namespace.
    ///
    /// # Errors
    /// The system's: jobs then make a network each.
    pub(super) fn empty(own_rights: bool) -> io::Result<Network> {
        if own_rights { of_a_thread() } else { below_a_user_namespace() }
    }
}

fn of_a_thread() -> io::Result<Network> {
    let made = std::thread::spawn(|| {
        child::leave_the_network()?;
        File::open("/proc/thread-self/ns/net")
    });
    let file = made.join().map_err(|_| io::Error::other("a thread panicked"))??;
    Ok(Network { namespace: file.into(), user: None })
}

fn below_a_user_namespace() -> io::Result<Network> {
    let holder = Holder(child::start_holder()?);
    let at = |name: &str| PathBuf::from(format!("/proc/{}/{name}", holder.0));
    let open = |name: &str| File::open(at(name)).map(OwnedFd::from);
    fs::write(at("setgroups"), "deny")?;
    fs::write(at("uid_map"), mapping_of(rustix::process::geteuid().as_raw()))?;
    fs::write(at("gid_map"), mapping_of(rustix::process::getegid().as_raw()))?;
    Ok(Network { namespace: open("ns/net")?, user: Some(open("ns/user")?) })
}

/// A process that is only there so that its namespaces can be opened.
struct Holder(libc::pid_t);

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
        }
    }
}
