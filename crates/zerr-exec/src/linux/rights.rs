//! Landlock as a second line behind the mount namespace: [`Rights`].
//!
//! It holds even if something in the layout were wrong: nothing outside the shown paths can be
//! opened, whatever is mounted where, and nothing outside the work folder and `/tmp` written.

use std::os::fd::OwnedFd;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, Scope,
};

use super::layout::{Layout, Use};

/// The newest version of the interface that the rules below make use of.
const ABI_MAX: i32 = 6;

/// A ruleset, ready to be entered by the child.
#[derive(Debug)]
pub(super) struct Rights {
    pub(super) ruleset: OwnedFd,
    /// What is allowed below `/tmp`, which exists only inside and so gets its rule there.
    pub(super) on_tmp: u64,
    /// The same for `/proc`.
    pub(super) on_proc: u64,
}

/// The version that is used on a kernel which has `kernel_abi`.
pub(super) fn used_abi(kernel_abi: i32) -> Option<u32> {
    u32::try_from(kernel_abi.min(ABI_MAX)).ok().filter(|&abi| abi > 0)
}

impl Rights {
    /// `abi` as [`used_abi`] gives it.
    pub(super) fn of(layout: &Layout, abi: u32) -> Result<Rights, String> {
        let abi = ABI::from(abi.cast_signed());
        let everything = AccessFs::from_all(abi);
        let build = || -> Result<Option<OwnedFd>, landlock::RulesetError> {
            let mut ruleset = Ruleset::default().handle_access(everything)?;
            if abi >= ABI::V4 {
                ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
            }
            if abi >= ABI::V6 {
                ruleset = ruleset.scope(Scope::from_all(abi))?;
            }
            let mut ruleset = ruleset.create()?;
            for (path, how) in &layout.shown {
                // A path that went away meanwhile fails at its mount, with a better message.
                let Ok(fd) = PathFd::new(path) else { continue };
                let access = match how {
                    Use::ReadFolder => AccessFs::from_read(abi),
                    Use::ReadFile => AccessFs::from_read(abi) & AccessFs::from_file(abi),
                    Use::Device => {
                        AccessFs::from_file(abi) & !landlock::BitFlags::from(AccessFs::Execute)
                    }
                    Use::Work => everything,
                };
                ruleset = ruleset.add_rule(PathBeneath::new(fd, access))?;
            }
            Ok(ruleset.into())
        };
        let ruleset = build().map_err(|error| error.to_string())?;
        let ruleset = ruleset.ok_or("the kernel gave no ruleset")?;
        Ok(Rights { ruleset, on_tmp: everything.bits(), on_proc: AccessFs::from_read(abi).bits() })
    }
}
