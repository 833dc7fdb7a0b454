//! Empty networks for jobs, each used by one at a time: [`Networks`].
//!
//! To make a network and to take it away again are slow, and the kernel does the second on any core
//! it likes: while jobs came and went, whoever used an editor beside them waited for up to three
//! milliseconds. So there are as many as there were jobs at once. Nothing is in one, not even a
//! loopback that is up. Two jobs at once do not share one: the sockets of a network, pairs as well, are
//! counted in `/proc`, where each could read what the other does.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitOptions};

use super::child::{self, Network};
use super::own::mapping_of;

/// The networks of a sandbox.
#[derive(Debug)]
pub(super) struct Networks {
    /// zerr is root in the full sense, and needs no user namespace.
    own_rights: bool,
    free: Mutex<Vec<Network>>,
}

/// A network that no other job has until this is dropped.
#[derive(Debug)]
pub(super) struct Lent<'a> {
    networks: &'a Networks,
    network: Option<Network>,
}

impl Networks {
    pub(super) fn new(own_rights: bool) -> Networks {
        Networks { own_rights, free: Mutex::default() }
    }

    /// # Errors
    /// The system's, where none is free and none can be made.
    pub(super) fn take(&self) -> io::Result<Lent<'_>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let network = match free {
            Some(network) => network,
            None if self.own_rights => of_a_thread()?,
            None => below_a_user_namespace()?,
        };
        Ok(Lent { networks: self, network: Some(network) })
    }
}

impl Lent<'_> {
    pub(super) fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut free = self.networks.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.network.take());
    }
}

fn of_a_thread() -> io::Result<Network> {
    let made = std::thread::Builder::new().spawn(|| {
        child::leave_the_network()?;
        File::open("/proc/thread-self/ns/net")
    })?;
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::linux::own::may_change_user;

    fn number(lent: &Lent<'_>) -> u64 {
        let namespace = lent.network().unwrap().namespace.try_clone().unwrap();
        File::from(namespace).metadata().unwrap().ino()
    }

    #[test]
    fn a_network_is_used_by_one_at_a_time_and_kept_for_the_next() {
        let own = fs::metadata("/proc/self/ns/net").unwrap().ino();
        let networks = Networks::new(may_change_user());
        let (one, other) = (networks.take().unwrap(), networks.take().unwrap());
        let numbers = [number(&one), number(&other)];
        assert_ne!(numbers[0], numbers[1]);
        assert!(!numbers.contains(&own));
        drop(one);
        assert_eq!(number(&networks.take().unwrap()), numbers[0]);
        drop(other);
    }
}
