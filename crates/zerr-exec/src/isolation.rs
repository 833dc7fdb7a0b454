//! How far a run was kept apart from the machine: [`Isolation`].
//!
//! It goes into the evidence of every acceptance, so it says what was set up, not what was hoped.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The layers around a confined process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Isolation {
    /// Kernel namespaces of its own; empty when there are none.
    pub namespaces: Vec<Namespace>,
    /// Runs as a user that owns nothing on this machine. Without it, the process has the rights of
    /// the user who started zerr, inside what the other layers let it see.
    pub unprivileged_user: bool,
    /// System call filter.
    pub seccomp: bool,
    /// Version of the kernel's Landlock interface that was used, if it was.
    pub landlock_abi: Option<u32>,
    /// Limits on processor time, memory, file size, processes and open files.
    pub rlimits: bool,
    /// The helper program that set the namespaces up, if it was not zerr itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<String>,
}

/// A kind of kernel namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// User and group ids, and the capabilities that go with them.
    User,
    /// The view of the file system.
    Mount,
    /// Process ids: nothing inside outlives the job or sees another process.
    Pid,
    /// Network: no interface but a loopback that is down.
    Net,
    /// System V IPC and POSIX message queues.
    Ipc,
    /// Host name.
    Uts,
}

impl Isolation {
    /// Whether the process was kept from the user's files, the network and other processes.
    pub fn is_confined(&self) -> bool {
        [Namespace::Mount, Namespace::Pid, Namespace::Net]
            .iter()
            .all(|namespace| self.namespaces.contains(namespace))
            && self.seccomp
    }
}

/// For example `namespaces+seccomp+landlock(abi 6)+rlimits`, or `none (rlimits)`.
impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_confined() {
            return f.write_str(if self.rlimits { "none (rlimits)" } else { "none" });
        }
        f.write_str("namespaces")?;
        if let Some(helper) = &self.helper {
            write!(f, "({helper})")?;
        }
        f.write_str("+seccomp")?;
        if let Some(abi) = self.landlock_abi {
            write!(f, "+landlock(abi {abi})")?;
        }
        if self.rlimits {
            f.write_str("+rlimits")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Isolation {
        Isolation {
            namespaces: vec![Namespace::Mount, Namespace::Pid, Namespace::Net],
            unprivileged_user: true,
            seccomp: true,
            landlock_abi: Some(6),
            rlimits: true,
            helper: None,
        }
    }

    #[test]
    fn layers_are_named_in_the_order_they_hold() {
        assert_eq!(full().to_string(), "namespaces+seccomp+landlock(abi 6)+rlimits");
        assert_eq!(
            Isolation { rlimits: true, ..Isolation::default() }.to_string(),
            "none (rlimits)"
        );
    }

    #[test]
    fn a_missing_namespace_or_filter_is_not_confined() {
        assert!(full().is_confined());
        assert!(!Isolation { seccomp: false, ..full() }.is_confined());
        assert!(!Isolation { namespaces: vec![Namespace::Pid], ..full() }.is_confined());
    }

    #[test]
    fn it_survives_json() {
        let text = serde_json::to_string(&full()).unwrap();
        assert_eq!(serde_json::from_str::<Isolation>(&text).unwrap(), full());
    }
}
