//! Moves bytes in and out of one running process, within its bounds: [`Pump`].
//!
//! Input and output go through one `poll` loop, so a process that writes before it reads, or never
//! reads, cannot block the other side; no threads, no more memory than the output limit.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::{Cancel, ExecError, Status};

/// How often the cancel flag and the clock are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How often [`Pump::watch`] is asked.
const WATCH_EVERY: Duration = Duration::from_millis(60);
/// How long a killed process may take to disappear: it may sit in one last system call.
const GRACE: Duration = Duration::from_secs(5);
const CHUNK_BYTES: usize = 16 * 1024;

/// One process's pipes and bounds.
pub(crate) struct Pump<'a> {
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) input: &'a [u8],
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
    pub(crate) deadline: Option<Instant>,
    pub(crate) output_bytes_max: u64,
    pub(crate) cancel: &'a Cancel,
    /// Readable once the process is over, where the system has such a thing.
    pub(crate) over: Option<BorrowedFd<'a>>,
    /// A bound that only looking can tell; asked now and then.
    pub(crate) watch: &'a mut dyn FnMut() -> Option<Status>,
}

/// What came out.
pub(crate) struct Pumped {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Why the process was killed, if it was.
    pub(crate) stopped: Option<Status>,
}

impl Pump<'_> {
    /// Moves bytes until the process is over; kills it once when it goes out of bounds.
    ///
    /// `is_over` says without blocking whether the process has ended.
    pub(crate) fn run(
        mut self,
        mut is_over: impl FnMut() -> bool,
        mut kill: impl FnMut(),
    ) -> Result<Pumped, ExecError> {
        let mut stdout = Sink::new(self.stdout)?;
        let mut stderr = Sink::new(self.stderr)?;
        if let Some(stdin) = &self.stdin {
            set_nonblocking(stdin.as_fd())?;
        }
        let mut input = self.input;
        let mut stopped: Option<Status> = None;
        let mut give_up_at: Option<Instant> = None;
        let mut watch_at = Instant::now() + WATCH_EVERY;

        loop {
            if input.is_empty() {
                self.stdin = None;
            }
            let ready = wait(self.stdin.as_ref(), &stdout, &stderr, self.over)?;
            // Ask before the last read: what was written before the end is then all in the pipes.
            let ended = match self.over {
                Some(_) => ready.over,
                None => is_over(),
            };
            if ready.stdin
                && let Some(stdin) = &self.stdin
            {
                match rustix::io::write(stdin, input.get(..CHUNK_BYTES).unwrap_or(input)) {
                    Ok(n) => input = input.get(n..).unwrap_or_default(),
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    // The process does not want the rest.
                    Err(_) => input = &[],
                }
            }
            let left = |a: &Sink, b: &Sink| {
                self.output_bytes_max.saturating_sub((a.bytes.len() + b.bytes.len()) as u64)
            };
            let mut over_limit = false;
            loop {
                let before = stdout.bytes.len() + stderr.bytes.len();
                let room = left(&stdout, &stderr);
                over_limit |= stdout.read(room) == Read::PastLimit;
                let room = left(&stdout, &stderr);
                over_limit |= stderr.read(room) == Read::PastLimit;
                let moved = stdout.bytes.len() + stderr.bytes.len() > before;
                // After the end everything is read; before it, others get their turn.
                if !ended || !moved || over_limit {
                    break;
                }
            }
            if over_limit && stopped.is_none() {
                stopped = Some(Status::OutputLimit);
                kill();
            }
            if ended {
                break;
            }

            let now = Instant::now();
            if stopped.is_none() {
                stopped = if self.cancel.is_cancelled() {
                    Some(Status::Cancelled)
                } else if self.deadline.is_some_and(|deadline| now >= deadline) {
                    Some(Status::TimedOut)
                } else if now >= watch_at {
                    watch_at = now + WATCH_EVERY;
                    (self.watch)()
                } else {
                    None
                };
                if stopped.is_some() {
                    kill();
                }
            }
            if stopped.is_some() && now >= *give_up_at.get_or_insert(now + GRACE) {
                break;
            }
        }
        Ok(Pumped { stdout: stdout.bytes, stderr: stderr.bytes, stopped })
    }
}

struct Ready {
    stdin: bool,
    over: bool,
}

/// Waits until something moves, at most one tick.
fn wait(
    stdin: Option<&OwnedFd>,
    stdout: &Sink,
    stderr: &Sink,
    over: Option<BorrowedFd<'_>>,
) -> Result<Ready, ExecError> {
    let mut fds = Vec::with_capacity(4);
    let mut stdin_at = None;
    let mut over_at = None;
    if let Some(over) = over {
        over_at = Some(fds.len());
        fds.push(PollFd::from_borrowed_fd(over, PollFlags::IN));
    }
    if let Some(stdin) = stdin {
        stdin_at = Some(fds.len());
        fds.push(PollFd::new(stdin, PollFlags::OUT));
    }
    for sink in [stdout, stderr] {
        if let Some(fd) = &sink.fd {
            fds.push(PollFd::new(fd, PollFlags::IN));
        }
    }
    // With closed pipes and no descriptor to wait on, the tick is how the end is noticed: shorter.
    let tick = if over.is_none() && fds.is_empty() { TICK / 10 } else { TICK };
    let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(tick.subsec_nanos()) };
    match rustix::event::poll(&mut fds, Some(&tick)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(ExecError::io("cannot wait for output")(errno.into())),
    }
    let happened = |at: Option<usize>| {
        at.and_then(|at| fds.get(at)).is_some_and(|fd| !fd.revents().is_empty())
    };
    Ok(Ready { stdin: happened(stdin_at), over: happened(over_at) })
}

/// One output pipe and what came out of it.
struct Sink {
    fd: Option<OwnedFd>,
    bytes: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum Read {
    Fine,
    PastLimit,
}

impl Sink {
    fn new(fd: OwnedFd) -> Result<Sink, ExecError> {
        set_nonblocking(fd.as_fd())?;
        Ok(Sink { fd: Some(fd), bytes: Vec::new() })
    }

    /// Takes what is there, keeps at most `room` bytes of it.
    fn read(&mut self, room: u64) -> Read {
        let Some(fd) = &self.fd else { return Read::Fine };
        let mut chunk = [0; CHUNK_BYTES];
        match rustix::io::read(fd, &mut chunk) {
            Ok(0) => self.fd = None,
            Ok(n) => {
                let keep = n.min(usize::try_from(room).unwrap_or(usize::MAX));
                self.bytes.extend_from_slice(chunk.get(..keep).unwrap_or_default());
                if keep < n {
                    return Read::PastLimit;
                }
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.fd = None,
        }
        Read::Fine
    }
}

fn set_nonblocking(fd: BorrowedFd<'_>) -> Result<(), ExecError> {
    rustix::fs::fcntl_getfl(fd)
        .and_then(|flags| rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK))
        .map_err(|errno| ExecError::io("cannot set up a pipe")(io::Error::from(errno)))
}
