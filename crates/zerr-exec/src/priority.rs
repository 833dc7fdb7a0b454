//! Work that lets others go first: [`give_way`].

/// How much lower: half of what there is.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread, and of the threads and processes that it starts, for
/// good. Only on Linux is that a matter of one thread; elsewhere nothing happens.
pub fn give_way() {
    // A machine that refuses does the work as it is.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();
        let inner = std::thread::spawn(move || {
            give_way();
            own()
        });
        assert_eq!(inner.join().unwrap(), NICE.max(before));
        assert_eq!(own(), before);
    }
}
