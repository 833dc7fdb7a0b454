//! Work that is in nobody's way: [`run`].
//!
//! A run takes every core for seconds. On Linux it is done by a thread of lower priority that leaves
//! a quarter of the cores, at least one, to the server and whoever types; its own threads and processes
//! inherit that, the model's host among them.

/// Does the work on a thread of its own.
///
/// # Errors
/// No thread can be started, or the work came to no end.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("background".to_owned());
    let started = thread.spawn(move || {
        zerr_engine::give_way();
        // Whoever asked may be gone.
        drop(sender.send(work()));
    });
    started.map_err(|error| format!("no thread can be started: {error}"))?;
    receiver.await.map_err(|_| "the work broke off: this is a mistake in zerr".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_work_is_done_and_a_panic_is_told() {
        assert_eq!(run(|| 1 + 1).await, Ok(2));
        let broken = run(|| "no number".parse::<u8>().unwrap()).await;
        assert!(broken.unwrap_err().contains("mistake in zerr"));
    }
}
