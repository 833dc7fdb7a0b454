//! Work that lets others go first: [`give_way`], [`go_first`].

/// How much lower: half of what there is.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread, and of the threads and processes that it starts, for
/// good, and leaves a quarter of the cores, at least one of several, to others: a thread that wakes up
/// where a busy one runs waits for some milliseconds, whatever their priorities are. Only on Linux is
/// that a matter of one thread; elsewhere nothing happens.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // A machine that refuses does the work as it is.
        let _ = rustix::process::setpriority_process(None, NICE);
        if let Some(cores) = Cores::of_the_process() {
            let _ = rustix::thread::sched_setaffinity(None, &cores.of_work);
        }
    }
}

/// Keeps the calling thread, and what it starts, on the cores that [`give_way`] leaves: on another one,
/// idle for a moment, the next piece of the work may be there first. To be called before the process
/// has given way anywhere.
pub fn go_first() {
    #[cfg(target_os = "linux")]
    if let Some(cores) = Cores::of_the_process() {
        let _ = rustix::thread::sched_setaffinity(None, &cores.left);
    }
}

/// The cores that the process was given, in two parts.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Cores {
    left: rustix::thread::CpuSet,
    of_work: rustix::thread::CpuSet,
}

#[cfg(target_os = "linux")]
impl Cores {
    /// By the thread that asks first; none where there is a single one.
    fn of_the_process() -> Option<&'static Cores> {
        static CORES: std::sync::OnceLock<Option<Cores>> = std::sync::OnceLock::new();
        let split = || Cores::split(rustix::thread::sched_getaffinity(None).ok()?);
        CORES.get_or_init(split).as_ref()
    }

    fn split(all: rustix::thread::CpuSet) -> Option<Cores> {
        use rustix::thread::CpuSet;
        let count = all.count() as usize;
        if count < 2 {
            return None;
        }
        let mut cores = Cores { left: CpuSet::new(), of_work: all };
        let given = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        for core in given.take((count / 4).max(1)) {
            cores.left.set(core);
            cores.of_work.unset(core);
        }
        Some(cores)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::CpuSet;

    use super::*;

    fn own() -> (i32, CpuSet) {
        (
            rustix::process::getpriority_process(None).expect("a priority"),
            rustix::thread::sched_getaffinity(None).expect("cores"),
        )
    }

    #[test]
    fn a_thread_gives_way_alone_and_another_goes_first() {
        let before = own();
        let (all, count) = (before.1, before.1.count());
        let after = |place: fn()| {
            let inner = std::thread::spawn(move || {
                place();
                own()
            });
            inner.join().unwrap()
        };
        let left = if count < 2 { 0 } else { (count / 4).max(1) };
        let (nice, cores) = after(give_way);
        assert_eq!((nice, cores.count()), (NICE.max(before.0), count - left));
        let (nice, first) = after(go_first);
        assert_eq!((nice, first.count()), (before.0, if left == 0 { count } else { left }));
        assert!(
            (0..CpuSet::MAX_CPU)
                .all(|core| !cores.is_set(core) || !first.is_set(core) || count < 2)
        );
        // From one that went first, the work is where it always is.
        let nested = after(|| {
            go_first();
            give_way();
        });
        assert_eq!(nested.1, cores);
        assert_eq!(own(), (before.0, all));
    }

    #[test]
    fn a_quarter_of_the_cores_is_left_and_never_the_only_one() {
        let parts = |count: usize| {
            let mut all = CpuSet::new();
            (10..10 + count).for_each(|core| all.set(core));
            Cores::split(all).map(|cores| (cores.left.count(), cores.of_work.count()))
        };
        assert_eq!([1, 2, 4, 16].map(parts), [None, Some((1, 1)), Some((1, 3)), Some((4, 12))]);
    }
}
