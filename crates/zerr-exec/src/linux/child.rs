//! The two processes of a job between `clone` and `exec`: [`start`].
//!
//! The first is the init of the new process namespace: it builds the file system, gives up every
//! right, starts the program and waits for it. When it ends, for whatever reason, the kernel kills
//! all that is left in the namespace; it dies with zerr's thread. The second sets its limits,
//! enters Landlock and the filter, and becomes the program.
//!
//! # Invariants
//! zerr has many threads, so these processes are copies in which any lock may be held for ever:
//! after `clone` there are only system calls on memory prepared by [`Plan`]. No allocation, no
//! panic, no destructor. The second shares the first one's memory until it is the program.
//!
//! This is the module for `unsafe`: each block is one system call on live, prepared memory.

#![expect(unsafe_code, reason = "system calls that only work between clone and exec")]

use std::cell::UnsafeCell;
use std::ffi::{CStr, CString};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::ptr::{null, null_mut};

use libc::{c_char, c_int, c_long, c_ulong, c_void};
use seccompiler::sock_filter;

use super::layout::{PROC, ROOT_ATTRIBUTES, Step, TMP};
use super::rights::Rights;

/// Everything the child needs, in the form the kernel takes it.
pub(super) struct Plan {
    pub(super) identity: Identity,
    /// Exists on the host; the new root is built over it.
    pub(super) base: CString,
    pub(super) steps: Vec<Step>,
    pub(super) work: CString,
    pub(super) program: CString,
    pub(super) argv: Strings,
    pub(super) envp: Strings,
    pub(super) limits: Vec<(c_int, libc::rlimit64)>,
    pub(super) rights: Option<Rights>,
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) report: OwnedFd,
}

/// Who the process is.
#[derive(Debug)]
pub(super) enum Identity {
    /// zerr runs as root: this user and group id, which own nothing.
    Id(u32),
    /// zerr runs as somebody: a user namespace with only that one in it.
    Mapped { users: CString, groups: CString },
}

/// Strings, and the null-terminated array of pointers to them.
pub(super) struct Strings {
    _owned: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl Strings {
    pub(super) fn new(owned: Vec<CString>) -> Strings {
        let pointers = owned.iter().map(|s| s.as_ptr()).chain([null()]).collect();
        Strings { _owned: owned, pointers }
    }
}

/// The steps of setting up, in the words of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Stage {
    Descriptors = 1,
    Network,
    UserNamespace,
    Propagation,
    OpenSource,
    Attributes,
    RootFileSystem,
    Folder,
    EmptyFile,
    Link,
    Tmp,
    Proc,
    Mount,
    Pivot,
    Work,
    HostName,
    Landlock,
    Capabilities,
    Identity,
    NoNewPrivileges,
    OrphanGuard,
    Fork,
    Limits,
    Signals,
    Filter,
    Exec,
}

impl Stage {
    pub(super) const ALL: [(Stage, &'static str); 26] = [
        (Stage::Descriptors, "descriptors"),
        (Stage::Network, "entering the empty network"),
        (Stage::UserNamespace, "user namespace"),
        (Stage::Propagation, "mount propagation"),
        (Stage::OpenSource, "opening a path to show"),
        (Stage::Attributes, "mount attributes"),
        (Stage::RootFileSystem, "root file system"),
        (Stage::Folder, "making a folder"),
        (Stage::EmptyFile, "making a mount point"),
        (Stage::Link, "making a link"),
        (Stage::Tmp, "temporary file system"),
        (Stage::Proc, "mounting /proc"),
        (Stage::Mount, "mounting a path"),
        (Stage::Pivot, "changing the root"),
        (Stage::Work, "entering the work folder"),
        (Stage::HostName, "host name"),
        (Stage::Landlock, "landlock"),
        (Stage::Capabilities, "dropping capabilities"),
        (Stage::Identity, "changing the user"),
        (Stage::NoNewPrivileges, "no new privileges"),
        (Stage::OrphanGuard, "orphan guard"),
        (Stage::Fork, "starting the process"),
        (Stage::Limits, "resource limits"),
        (Stage::Signals, "signals"),
        (Stage::Filter, "seccomp filter"),
        (Stage::Exec, "exec"),
    ];
}

/// Two words that init or the program-to-be writes: a [`Stage`] that failed and its error number,
/// or 0 and the program's wait status.
pub(super) const REPORT_BYTES: usize = 8;

const REPORT_FD: RawFd = 3;
const RULESET_FD: RawFd = 4;
const FIRST_FREE_FD: RawFd = 5;
/// Above all of the above while they are moved into place.
const PARKING_FD: c_int = 16;

/// What a job gets from its sandbox, ready for the kernel.
pub(super) struct Shared<'a> {
    pub(super) filter: &'a [sock_filter],
    /// Entered instead of making a new one.
    pub(super) network: Option<&'a Network>,
}

/// A network in which nothing is.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) namespace: OwnedFd,
    /// The user namespace it belongs to, where that is not zerr's own.
    pub(super) user: Option<OwnedFd>,
}

/// Starts init; returns its process id. `sources` is room for one descriptor a step.
pub(super) fn start(
    plan: &Plan,
    shared: &Shared<'_>,
    sources: &mut [RawFd],
) -> io::Result<libc::pid_t> {
    let mut flags = libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::SIGCHLD;
    if let Identity::Mapped { .. } = plan.identity {
        flags |= libc::CLONE_NEWUSER;
    }
    if shared.network.is_none() {
        flags |= libc::CLONE_NEWNET;
    }
    if let Some(Network { namespace, user: Some(user) }) = shared.network {
        return start_below(user, namespace, flags, || init(plan, shared, sources));
    }
    // No handler of zerr's may run in the copy.
    let before = block_signals()?;
    let pid = clone(flags);
    if pid == 0 {
        init(plan, shared, sources);
    }
    let error = io::Error::last_os_error();
    restore_signals(&before);
    if pid < 0 { Err(error) } else { Ok(pid as libc::pid_t) }
}

/// Starts init in a user namespace below `user`, as a child of zerr.
///
/// Only a process with one thread may enter a user namespace, so a copy does, and is over before
/// this returns. Init waits until then: before, nobody may be there who would end it.
fn start_below(
    user: &OwnedFd,
    network: &OwnedFd,
    flags: c_int,
    init: impl FnOnce(),
) -> io::Result<libc::pid_t> {
    let (mut answer, answers) = io::pipe()?;
    let (go, mut goes) = io::pipe()?;
    let before = block_signals()?;
    let between = clone(libc::SIGCHLD);
    if between == 0 {
        // SAFETY: live descriptors and memory; `_exit` runs nothing of zerr's.
        unsafe {
            let mut pid = -1;
            if libc::setns(user.as_raw_fd(), libc::CLONE_NEWUSER) == 0
                && libc::setns(network.as_raw_fd(), libc::CLONE_NEWNET) == 0
            {
                pid = clone(flags | libc::CLONE_PARENT);
                if pid == 0 {
                    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong);
                    libc::close(answers.as_raw_fd());
                    libc::close(goes.as_raw_fd());
                    let mut byte = 0_u8;
                    if libc::read(go.as_raw_fd(), (&raw mut byte).cast(), 1) != 1 {
                        libc::_exit(1);
                    }
                    init();
                }
            }
            let words = [pid as i32, errno()];
            libc::write(answers.as_raw_fd(), words.as_ptr().cast(), size_of_val(&words));
            libc::_exit(0);
        }
    }
    let error = io::Error::last_os_error();
    restore_signals(&before);
    if between < 0 {
        return Err(error);
    }
    drop(answers);
    let mut words = [0; 8];
    let read = answer.read_exact(&mut words);
    // SAFETY: a child of this process that nobody else waits for.
    while unsafe { libc::waitpid(between as libc::pid_t, null_mut(), libc::__WALL) } < 0
        && errno() == libc::EINTR
    {}
    read?;
    let [a, b, c, d, error @ ..] = words;
    match i32::from_ne_bytes([a, b, c, d]) {
        ..0 => Err(io::Error::from_raw_os_error(i32::from_ne_bytes(error))),
        pid => {
            // If init is gone already, whoever waits for it will see.
            let _ = goes.write_all(&[0]);
            Ok(pid)
        }
    }
}

/// Makes a network of the calling thread's own, for good.
pub(super) fn leave_the_network() -> io::Result<()> {
    // SAFETY: plain system call on a number.
    match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Starts a process in a user namespace and a network of its own, which does nothing until it is
/// killed.
pub(super) fn start_holder() -> io::Result<libc::pid_t> {
    let zerr = std::process::id().cast_signed();
    let before = block_signals()?;
    let pid = clone(libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::SIGCHLD);
    if pid == 0 {
        prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong);
        // SAFETY: plain system calls.
        unsafe {
            if libc::getppid() != zerr {
                libc::_exit(1);
            }
            loop {
                libc::pause();
            }
        }
    }
    let error = io::Error::last_os_error();
    restore_signals(&before);
    if pid < 0 { Err(error) } else { Ok(pid as libc::pid_t) }
}

/// The version of Landlock's interface in this kernel; 0 or less when there is none.
pub(super) fn landlock_abi() -> i32 {
    const VERSION: c_ulong = 1;
    // SAFETY: with this flag the call takes no memory.
    let abi = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, null::<u8>(), 0 as c_ulong, VERSION)
    };
    i32::try_from(abi).unwrap_or(0)
}

/// Lets no descriptor from 3 on into the program that this process is about to become.
pub(crate) fn close_the_rest_on_exec() -> io::Result<()> {
    let flags = c_long::from(libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: plain system call on numbers.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, 3 as c_long, c_long::from(u32::MAX), flags) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn clone(flags: c_int) -> c_long {
    // SAFETY: without CLONE_VM this is `fork`: the child has a copy of this stack and returns here.
    unsafe {
        libc::syscall(libc::SYS_clone, c_long::from(flags), 0_usize, 0_usize, 0_usize, 0_usize)
    }
}

fn init(plan: &Plan, shared: &Shared<'_>, sources: &mut [RawFd]) -> ! {
    let network = match shared.network {
        // SAFETY: a live descriptor.
        Some(Network { namespace, user: None }) => unsafe {
            libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET)
        },
        _ => 0,
    };
    let network = if network < 0 { Err(errno()) } else { Ok(()) };
    place_descriptors(plan);
    if let Err(errno) = network {
        report_and_exit(Stage::Network as u32, errno);
    }
    if let Identity::Mapped { users, groups } = &plan.identity {
        write_file(c"/proc/self/setgroups", c"deny");
        write_file(c"/proc/self/uid_map", users);
        write_file(c"/proc/self/gid_map", groups);
    }
    build_root(plan, sources);
    close_from(FIRST_FREE_FD, 0);
    let name = c"zerr";
    // SAFETY: pointer and length of a live string.
    check(Stage::HostName, unsafe { libc::sethostname(name.as_ptr(), name.to_bytes().len()) });
    if let Some(rights) = &plan.rights {
        allow(TMP_C, rights.on_tmp);
        if plan.steps.iter().any(|step| matches!(step, Step::Proc { .. })) {
            allow(PROC_C, rights.on_proc);
        }
    }
    give_up_rights(plan);
    guard_against_orphaning();

    let program = start_program(plan, shared.filter);
    check(Stage::Fork, program);
    for fd in [0, 1, 2, RULESET_FD] {
        // SAFETY: closing a descriptor of this process.
        unsafe { libc::close(fd) };
    }
    loop {
        let mut status = 0;
        // SAFETY: `status` lives.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
        if pid == program {
            report_and_exit(0, status);
        }
        if pid < 0 && errno() != libc::EINTR {
            report_and_exit(Stage::Fork as u32, errno());
        }
    }
}

/// Standard streams to 0, 1, 2, the rest to the numbers above; closes everything else that zerr
/// has open.
fn place_descriptors(plan: &Plan) {
    let ruleset = plan.rights.as_ref().map_or(-1, |rights| rights.ruleset.as_raw_fd());
    let wanted = [
        (plan.report.as_raw_fd(), REPORT_FD, libc::O_CLOEXEC),
        (plan.stdin.as_raw_fd(), 0, 0),
        (plan.stdout.as_raw_fd(), 1, 0),
        (plan.stderr.as_raw_fd(), 2, 0),
        (ruleset, RULESET_FD, libc::O_CLOEXEC),
    ];
    // Out of the way first: any of them may have one of the numbers wanted for another.
    let parked = wanted.map(|(fd, to, flags)| {
        // SAFETY: plain system call on numbers.
        let fd = if fd < 0 { -1 } else { unsafe { libc::fcntl(fd, libc::F_DUPFD, PARKING_FD) } };
        (fd, to, flags)
    });
    for (fd, to, flags) in parked {
        if fd >= 0 {
            // SAFETY: as above. What was open at `to` is zerr's and not needed here.
            check(Stage::Descriptors, unsafe { libc::dup3(fd, to, flags) });
        } else if to != RULESET_FD || plan.rights.is_some() {
            fail(Stage::Descriptors);
        }
    }
    close_from(FIRST_FREE_FD, 0);
}

fn close_from(fd: RawFd, flags: c_int) {
    // SAFETY: plain system call on numbers.
    let closed = unsafe {
        libc::syscall(libc::SYS_close_range, fd, c_long::from(u32::MAX), c_long::from(flags))
    };
    check(Stage::Descriptors, closed);
}

fn write_file(path: &CStr, text: &CStr) {
    // SAFETY: live strings, the length of `text`.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        check(Stage::UserNamespace, fd);
        let bytes = text.to_bytes();
        check(Stage::UserNamespace, libc::write(fd, bytes.as_ptr().cast(), bytes.len()) as i64);
        libc::close(fd);
    }
}

fn build_root(plan: &Plan, sources: &mut [RawFd]) {
    const OPEN_TREE_CLONE: c_int = 1;
    const MOVE_MOUNT_F_EMPTY_PATH: c_int = 4;
    let tmpfs = c"tmpfs".as_ptr();
    // SAFETY: all pointers are to live, null-terminated strings, or null where that is allowed.
    unsafe {
        let slave = libc::MS_REC | libc::MS_SLAVE;
        check(Stage::Propagation, libc::mount(null(), c"/".as_ptr(), null(), slave, null()));
        // Take hold of what will be shown before anything is mounted over it.
        for (step, source) in plan.steps.iter().zip(sources.iter_mut()) {
            if let Step::Bind { from, how, .. } = step {
                let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | libc::AT_RECURSIVE;
                *source = libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, from.as_ptr(), flags)
                    as RawFd;
                check(Stage::OpenSource, *source);
                set_attributes(
                    *source,
                    c"",
                    libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
                    how.attributes(),
                );
            }
        }
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        let options = c"mode=755,size=1m,nr_inodes=1000".as_ptr().cast();
        let base = plan.base.as_ptr();
        check(Stage::RootFileSystem, libc::mount(tmpfs, base, tmpfs, flags, options));
        check(Stage::RootFileSystem, libc::chdir(base));
        libc::umask(0o022);
        for (step, source) in plan.steps.iter().zip(sources.iter()) {
            match step {
                Step::Folder(name) => {
                    if libc::mkdir(name.as_ptr(), 0o755) < 0 && errno() != libc::EEXIST {
                        fail(Stage::Folder);
                    }
                }
                Step::EmptyFile(name) => {
                    let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_CLOEXEC;
                    let fd = libc::open(name.as_ptr(), flags, 0o444);
                    check(Stage::EmptyFile, fd);
                    libc::close(fd);
                }
                Step::Link { name, to } => {
                    check(Stage::Link, libc::symlink(to.as_ptr(), name.as_ptr()));
                }
                Step::Tmp { at, options, .. } => {
                    let options = options.as_ptr().cast();
                    check(Stage::Tmp, libc::mount(tmpfs, at.as_ptr(), tmpfs, flags, options));
                }
                Step::Proc { at } => {
                    // Processes only: nothing of the machine, and not init.
                    let flags = flags | libc::MS_NOEXEC | libc::MS_RDONLY;
                    let options = c"subset=pid,hidepid=4".as_ptr().cast();
                    let (at, proc) = (at.as_ptr(), c"proc".as_ptr());
                    check(Stage::Proc, libc::mount(proc, at, proc, flags, options));
                }
                Step::Bind { at, .. } => {
                    let moved = libc::syscall(
                        libc::SYS_move_mount,
                        *source,
                        c"".as_ptr(),
                        libc::AT_FDCWD,
                        at.as_ptr(),
                        MOVE_MOUNT_F_EMPTY_PATH,
                    );
                    check(Stage::Mount, moved);
                }
            }
        }
        // The old root goes on top of the new one and off again: pivot_root(2), "pivot_root(".", ".")".
        let here = c".".as_ptr();
        check(Stage::Pivot, libc::syscall(libc::SYS_pivot_root, here, here));
        check(Stage::Pivot, libc::umount2(here, libc::MNT_DETACH));
        check(Stage::Pivot, libc::chdir(c"/".as_ptr()));
        set_attributes(libc::AT_FDCWD, c"/", 0, ROOT_ATTRIBUTES);
        check(Stage::Work, libc::chdir(plan.work.as_ptr()));
    }
}

fn set_attributes(fd: RawFd, path: &CStr, flags: c_int, set: u64) {
    // struct mount_attr: set, clear, propagation, user namespace.
    let attributes = [set, 0, 0, 0_u64];
    // SAFETY: live memory and its size.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd,
            path.as_ptr(),
            flags,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    };
    check(Stage::Attributes, done);
}

/// Adds a rule for a file system that exists only inside.
fn allow(path: &CStr, access: u64) {
    #[repr(C, packed)]
    struct PathBeneath {
        access: u64,
        parent: i32,
    }
    const RULE_PATH_BENEATH: c_int = 1;
    // SAFETY: live memory; the kernel knows the size of this rule from its type.
    unsafe {
        let parent = libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC);
        check(Stage::Landlock, parent);
        let rule = PathBeneath { access, parent };
        let call = libc::SYS_landlock_add_rule;
        let added = libc::syscall(call, RULESET_FD, RULE_PATH_BENEATH, &raw const rule, 0);
        check(Stage::Landlock, added);
        libc::close(parent);
    }
}

const TMP_C: &CStr = c"/tmp";
const PROC_C: &CStr = c"/proc";
const _: () = assert!(matches!(TMP_C.to_bytes(), b"/tmp") && matches!(TMP.as_bytes(), b"/tmp"));
const _: () = assert!(matches!(PROC.as_bytes(), b"/proc"));

const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// After this neither process can do more than any user, and nothing it starts can.
fn give_up_rights(plan: &Plan) {
    // SAFETY: numbers, null where allowed, and live memory for `capset`.
    unsafe {
        for capability in 0..64 {
            if prctl(libc::PR_CAPBSET_DROP, capability) < 0 {
                if errno() == libc::EINVAL && capability > 0 {
                    break;
                }
                fail(Stage::Capabilities);
            }
        }
        if let Identity::Id(id) = plan.identity {
            // The raw calls: the C library's would signal threads that this copy does not have.
            check(Stage::Identity, libc::syscall(libc::SYS_setgroups, 0_usize, null::<u8>()));
            check(Stage::Identity, libc::syscall(libc::SYS_setresgid, id, id, id));
            check(Stage::Identity, libc::syscall(libc::SYS_setresuid, id, id, id));
        }
        let header = [CAPABILITY_VERSION_3, 0];
        let nothing = [0_u32; 6];
        let dropped = libc::syscall(libc::SYS_capset, header.as_ptr(), nothing.as_ptr());
        check(Stage::Capabilities, dropped);
        check(Stage::NoNewPrivileges, prctl(libc::PR_SET_NO_NEW_PRIVS, 1));
        // Init's memory is a copy of zerr's: nobody may look.
        check(Stage::Capabilities, prctl(libc::PR_SET_DUMPABLE, 0));
    }
}

/// Init dies with the thread that runs the job. Set last: changing the user resets it.
fn guard_against_orphaning() {
    // SAFETY: numbers, and live memory for `poll`.
    unsafe {
        check(Stage::OrphanGuard, prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong));
        // It may have died before: then nobody reads the reports any more.
        let mut report = libc::pollfd { fd: REPORT_FD, events: libc::POLLOUT, revents: 0 };
        check(Stage::OrphanGuard, libc::poll(&raw mut report, 1, 0));
        if report.revents & libc::POLLERR != 0 {
            libc::_exit(1);
        }
    }
}

/// What [`start_program`] hands over.
struct Start<'a> {
    plan: &'a Plan,
    filter: &'a [sock_filter],
}

/// The stack of a process between its start and its `execve`; a few system calls need little of it.
#[repr(align(16))]
struct Stack(UnsafeCell<[u8; 64 << 10]>);

// SAFETY: only the one thread of an init uses it, and each has a copy of its own.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; 64 << 10]));

/// Starts the program as `vfork` does: it shares this process's memory until it is another program, and this
/// one waits for that. To copy the tables of a large zerr's memory a second time would take milliseconds.
fn start_program(plan: &Plan, filter: &[sock_filter]) -> c_int {
    extern "C" fn started(start: *mut c_void) -> c_int {
        // SAFETY: `start` lives in the frame of a process that waits.
        let Start { plan, filter } = unsafe { &*start.cast::<Start<'_>>() };
        become_program(plan, filter)
    }
    let mut start = Start { plan, filter };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is used by nobody else, and its end is aligned; the child never returns to a frame
    // of this one, on whose stack nothing moves before it is gone or another program.
    unsafe {
        let end = STACK.0.get().cast::<u8>().add(64 << 10);
        libc::clone(started, end.cast(), flags, (&raw mut start).cast())
    }
}

fn become_program(plan: &Plan, filter: &[sock_filter]) -> ! {
    // SAFETY: live memory prepared by zerr: limits, filter, argument arrays ending in null.
    unsafe {
        check(Stage::Signals, libc::setsid());
        for (resource, limit) in &plan.limits {
            let set = libc::syscall(
                libc::SYS_prlimit64,
                0,
                *resource,
                std::ptr::from_ref(limit),
                null_mut::<u8>(),
            );
            check(Stage::Limits, set);
        }
        if plan.rights.is_some() {
            let call = libc::SYS_landlock_restrict_self;
            check(Stage::Landlock, libc::syscall(call, RULESET_FD, 0));
        }
        for signal in 1..=64 {
            // Fails for the ones that cannot be set, which are at their default.
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        check(Stage::Signals, libc::sigprocmask(libc::SIG_SETMASK, &raw const none, null_mut()));
        close_from(REPORT_FD, libc::CLOSE_RANGE_CLOEXEC.cast_signed());
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            // Read only; the two types are the same struct of the kernel's.
            filter: filter.as_ptr().cast_mut().cast(),
        };
        let call = libc::SYS_seccomp;
        let filtered = libc::syscall(call, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program);
        check(Stage::Filter, filtered);
        libc::execve(
            plan.program.as_ptr(),
            plan.argv.pointers.as_ptr(),
            plan.envp.pointers.as_ptr(),
        );
    }
    fail(Stage::Exec)
}

/// The kernel wants all the words of an argument that is not used to be zero.
fn prctl(option: c_int, argument: c_ulong) -> c_int {
    let unused: c_ulong = 0;
    // SAFETY: only called with options that take a number.
    unsafe { libc::prctl(option, argument, unused, unused, unused) }
}

fn check(stage: Stage, result: impl Into<i64>) {
    if result.into() < 0 {
        fail(stage);
    }
}

fn fail(stage: Stage) -> ! {
    report_and_exit(stage as u32, errno())
}

fn report_and_exit(stage: u32, value: i32) -> ! {
    let report = [stage, value.cast_unsigned()];
    // SAFETY: live memory and its size; `_exit` runs nothing of zerr's.
    unsafe {
        libc::write(REPORT_FD, report.as_ptr().cast(), REPORT_BYTES);
        libc::_exit(1)
    }
}

fn errno() -> i32 {
    // SAFETY: the address of this thread's error number.
    unsafe { *libc::__errno_location() }
}

fn block_signals() -> io::Result<libc::sigset_t> {
    // SAFETY: signal sets are plain memory, filled before use.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        match libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) {
            0 => Ok(before),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: a set that `block_signals` got from the system.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}
