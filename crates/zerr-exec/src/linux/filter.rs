//! The system call filter: [`program`].
//!
//! A list of what is refused, not of what is allowed: compilers and interpreters use different
//! calls on every version, and the namespaces already hide the machine. The list takes away the
//! network as a whole, every way to look into another process, every way to get at namespaces or
//! mounts again, and the parts of the kernel where most of its holes have been. Calls that are
//! newer than this list do not exist for the process.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

/// The last call that was looked at (`futex_requeue`); numbers from 424 on are the same on all
/// architectures. The x32 calls of x86-64, which would go around the list, are far above.
const LAST_KNOWN: u32 = 456;

/// Refused whatever the arguments are.
const REFUSED: &[c_long] = &[
    // Network of any kind. A pair of connected local sockets is a pipe (see below), which has no
    // name and cannot be connected to another.
    libc::SYS_socket,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setattr,
    // Wide interfaces of the kernel with a history.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_fanotify_init,
    libc::SYS_syslog,
    libc::SYS_lookup_dcookie,
    // Namespaces and mounts.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // Memory and messages that outlive a process or escape its limits.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    // The machine.
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_mknodat,
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
];

/// The bits of a socket's type that are not flags.
const SOCKET_KIND: u64 = 0xf;

/// `clone` may not ask for any of these.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// The filter for the processor zerr runs on; an error for one that has none.
pub(super) fn program() -> Result<BpfProgram, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().map(|&call| (call, Vec::new())).collect();
    let conditional = conditional_rules().map_err(|error| error.to_string())?;
    rules.extend(conditional);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        arch,
    )
    .map_err(|error| error.to_string())?;
    let list = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
    let mut program = unknown_calls();
    program.extend(list);
    Ok(program)
}

fn conditional_rules() -> Result<Vec<(i64, Vec<SeccompRule>)>, seccompiler::BackendError> {
    let namespaces = NAMESPACES
        .iter()
        .map(|&flag| {
            let flag = u64::from(flag.cast_unsigned());
            SeccompRule::new(vec![condition(0, SeccompCmpOp::MaskedEq(flag), flag)?])
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Setting a personality turns address randomisation off, or worse; asking for it is fine.
    let personality = SeccompRule::new(vec![
        condition(0, SeccompCmpOp::Ne, 0)?,
        condition(0, SeccompCmpOp::Ne, u64::from(u32::MAX))?,
    ])?;
    // Typing into a terminal that was left open.
    let terminal = [libc::TIOCSTI, libc::TIOCLINUX, libc::TIOCSETD]
        .iter()
        .map(|&request| {
            #[allow(clippy::unnecessary_cast, reason = "the type differs between C libraries")]
            let request = u64::from(request as u32);
            SeccompRule::new(vec![condition(1, SeccompCmpOp::Eq, request)?])
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Rust's standard library starts processes with a local pair; one of datagrams could send to
    // any other socket by its name.
    let mut other_pairs =
        vec![SeccompRule::new(vec![condition(0, SeccompCmpOp::Ne, libc::AF_UNIX as u64)?])?];
    for kind in [libc::SOCK_DGRAM, libc::SOCK_RAW] {
        let is_kind = condition(1, SeccompCmpOp::MaskedEq(SOCKET_KIND), kind as u64)?;
        other_pairs.push(SeccompRule::new(vec![is_kind])?);
    }
    // A process that is stopped neither ends nor keeps the time of those it watches over.
    let stopping = |arg| {
        [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU]
            .iter()
            .map(|signal| {
                let signal = u64::from(signal.cast_unsigned());
                SeccompRule::new(vec![condition(arg, SeccompCmpOp::Eq, signal)?])
            })
            .collect::<Result<Vec<_>, _>>()
    };
    // A process sets what it may use for itself only.
    let of_another = SeccompRule::new(vec![condition(0, SeccompCmpOp::Ne, 0)?])?;
    Ok(vec![
        (libc::SYS_kill, stopping(1)?),
        (libc::SYS_tkill, stopping(1)?),
        (libc::SYS_tgkill, stopping(2)?),
        (libc::SYS_rt_sigqueueinfo, stopping(1)?),
        (libc::SYS_rt_tgsigqueueinfo, stopping(2)?),
        (libc::SYS_pidfd_send_signal, stopping(1)?),
        (libc::SYS_prlimit64, vec![of_another.clone()]),
        (libc::SYS_sched_setaffinity, vec![of_another]),
        (libc::SYS_socketpair, other_pairs),
        (libc::SYS_clone, namespaces),
        (libc::SYS_personality, vec![personality]),
        (libc::SYS_ioctl, terminal),
    ])
}

fn condition(
    arg: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(arg, SeccompCmpArgLen::Dword, operator, value)
}

/// Answers "no such call" to what is newer than the list, and to `clone3`: its flags lie in memory
/// where a filter cannot look, and every C library falls back to `clone`.
fn unknown_calls() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const JUMP_IF_GREATER: u16 = 0x25;
    const RETURN: u16 = 0x06;
    const NUMBER_AT: u32 = 0;
    let refuse = SeccompAction::Errno(libc::ENOSYS as u32).into();
    vec![
        sock_filter { code: LOAD_WORD, jt: 0, jf: 0, k: NUMBER_AT },
        sock_filter { code: JUMP_IF_GREATER, jt: 1, jf: 0, k: LAST_KNOWN },
        sock_filter { code: JUMP_IF_EQUAL, jt: 0, jf: 1, k: libc::SYS_clone3 as u32 },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: refuse },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_fits_the_kernel() {
        let program = program().unwrap();
        assert!(program.len() < 4096, "{} instructions", program.len());
    }

    #[test]
    fn no_refused_call_is_past_the_last_known_one() {
        assert!(REFUSED.iter().all(|&call| call <= i64::from(LAST_KNOWN)));
    }
}
