//! Work that lets others go first: [`give_way`].

/// How much lower: half of what there is.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread, and of the threads and processes that it starts, for
/// good, and leaves one of several cores to others: a thread that wakes up where a busy one runs waits
/// for some milliseconds, whatever their priorities are. Only on Linux is that a matter of one thread;
/// elsewhere nothing happens.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // A machine that refuses does the work as it is.
        let _ = rustix::process::setpriority_process(None, NICE);
        let _ = leave_a_core();
    }
}

/// Takes the first core from those that the calling thread may run on, where it is not the only one.
#[cfg(target_os = "linux")]
fn leave_a_core() -> rustix::io::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let mut cores = sched_getaffinity(None)?;
    if cores.count() < 2 {
        return Ok(());
    }
    if let Some(first) = (0..CpuSet::MAX_CPU).find(|core| cores.is_set(*core)) {
        cores.unset(first);
    }
    sched_setaffinity(None, &cores)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone() {
        let own = || {
            let cores = rustix::thread::sched_getaffinity(None).unwrap().count();
            (rustix::process::getpriority_process(None).unwrap(), cores)
        };
        let before = own();
        let inner = std::thread::spawn(move || {
            give_way();
            own()
        });
        let (nice, cores) = before;
        assert_eq!(inner.join().unwrap(), (NICE.max(nice), (cores - 1).max(1)));
        assert_eq!(own(), before);
    }
}
