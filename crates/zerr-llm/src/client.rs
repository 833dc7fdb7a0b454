//! One connection to a host, shared by many requests: [`Connection`].

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use interprocess::local_socket::tokio::Stream;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
};
use zerr_wire::{
    LINE_BYTES_MAX, ModelInfo, ModelRef, PROTOCOL_VERSION, Reply, Request, StatusReport, Welcome,
    decode, encode,
};

use crate::SampleError;

/// Requests go out through one task, replies come in through another and are handed to the
/// request that they belong to. When the host goes away, every waiting request hears nothing more.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) welcome: Welcome,
    lines: UnboundedSender<Vec<u8>>,
    waiting: Arc<Waiting>,
    next_id: AtomicU64,
    loaded: Mutex<BTreeSet<String>>,
}

/// Who waits for what; `None` once the host is gone.
#[derive(Debug)]
struct Waiting(Mutex<Option<HashMap<u64, UnboundedSender<Reply>>>>);

/// A request under way. Dropping it before its end cancels it.
#[derive(Debug)]
pub(crate) struct InFlight<'connection> {
    connection: &'connection Connection,
    id: u64,
    replies: UnboundedReceiver<Reply>,
    is_over: bool,
}

/// Why a connection could not be made.
#[derive(Debug)]
pub(crate) enum ConnectError {
    /// Nobody listens, or whoever did hung up.
    Nobody,
    Other(SampleError),
}

impl Connection {
    /// Greets the host. Runs its two tasks on the current runtime.
    pub(crate) async fn open(stream: Stream) -> Result<Self, ConnectError> {
        let stream = Arc::new(stream);
        let hello = encode(&Request::Hello { version: PROTOCOL_VERSION })
            .map_err(|error| ConnectError::Other(SampleError::Protocol(error.to_string())))?;
        let mut writer = &*stream;
        writer.write_all(&hello).await.map_err(|_| ConnectError::Nobody)?;
        let mut line = Vec::new();
        let mut reader = BufReader::new(&*stream);
        let is_line = read_line(&mut reader, &mut line).await.map_err(|_| ConnectError::Nobody)?;
        if !is_line {
            return Err(ConnectError::Nobody);
        }
        let welcome = match decode::<Reply>(&line) {
            Ok(Reply::Welcome(welcome)) => welcome,
            Ok(Reply::Error { error, .. }) => return Err(ConnectError::Other(error.into())),
            Ok(_) => {
                let text = "it did not greet back".to_owned();
                return Err(ConnectError::Other(SampleError::Protocol(text)));
            }
            Err(error) => {
                return Err(ConnectError::Other(SampleError::Protocol(error.to_string())));
            }
        };
        let (lines, outbox) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting(Mutex::new(Some(HashMap::new()))));
        tokio::spawn(write_lines(Arc::clone(&stream), outbox));
        tokio::spawn(read_replies(stream, Arc::clone(&waiting)));
        let loaded = Mutex::new(BTreeSet::new());
        Ok(Self { welcome, lines, waiting, next_id: AtomicU64::new(1), loaded })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.waiting.lock().is_some() && !self.lines.is_closed()
    }

    /// Sends a request that carries the id it is given.
    pub(crate) fn send(
        &self,
        request: impl FnOnce(u64) -> Request,
    ) -> Result<InFlight<'_>, SampleError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let line =
            encode(&request(id)).map_err(|error| SampleError::Protocol(error.to_string()))?;
        let (sender, replies) = mpsc::unbounded_channel();
        if let Some(waiting) = self.waiting.lock().as_mut() {
            waiting.insert(id, sender);
        }
        // Where the host is gone, the sender was dropped above and the first reply says so.
        drop(self.lines.send(line));
        Ok(InFlight { connection: self, id, replies, is_over: false })
    }

    /// Loads a model; `None`: the host is gone.
    pub(crate) async fn load(&self, model: &ModelRef) -> Result<Option<ModelInfo>, SampleError> {
        let mut request = self.send(|id| Request::Load { id, model: model.clone() })?;
        match request.next().await {
            None => Ok(None),
            Some(Reply::Loaded { model, .. }) => {
                self.loaded().insert(model.sha256.clone());
                Ok(Some(model))
            }
            Some(reply) => Err(unexpected(reply)),
        }
    }

    /// Whether this connection loaded the model. The host may have given it up since.
    pub(crate) fn has_loaded(&self, sha256: &str) -> bool {
        self.loaded().contains(sha256)
    }

    pub(crate) fn forget_loaded(&self, sha256: &str) {
        self.loaded().remove(sha256);
    }

    /// What the host is doing; `None`: it is gone.
    pub(crate) async fn status(&self) -> Result<Option<StatusReport>, SampleError> {
        let mut request = self.send(|id| Request::Status { id })?;
        match request.next().await {
            None => Ok(None),
            Some(Reply::Status { status, .. }) => Ok(Some(status)),
            Some(reply) => Err(unexpected(reply)),
        }
    }

    /// Asks the host to exit.
    pub(crate) fn shut_down(&self) {
        if let Ok(line) = encode(&Request::Shutdown) {
            drop(self.lines.send(line));
        }
    }

    fn loaded(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight<'_> {
    /// The next reply to this request. `None`: the host is gone.
    pub(crate) async fn next(&mut self) -> Option<Reply> {
        let reply = self.replies.recv().await;
        let goes_on = matches!(reply, Some(Reply::Progress { .. } | Reply::Drawn(_)));
        self.is_over |= !goes_on;
        reply
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.connection.waiting.lock().as_mut() {
            waiting.remove(&self.id);
        }
        if !self.is_over
            && let Ok(line) = encode(&Request::Cancel { id: self.id })
        {
            drop(self.connection.lines.send(line));
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, UnboundedSender<Reply>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reply of the wrong kind is an error that the host tells, or nonsense.
pub(crate) fn unexpected(reply: Reply) -> SampleError {
    match reply {
        Reply::Error { error, .. } => SampleError::Refused(error),
        reply => SampleError::Protocol(format!("unexpected {reply:?}")),
    }
}

async fn write_lines(stream: Arc<Stream>, mut outbox: UnboundedReceiver<Vec<u8>>) {
    let mut writer = &*stream;
    while let Some(line) = outbox.recv().await {
        if writer.write_all(&line).await.is_err() {
            return;
        }
    }
    // The connection was dropped: the host hears it, and cancels what is left.
    drop(shut_down_writing(&stream));
}

async fn read_replies(stream: Arc<Stream>, waiting: Arc<Waiting>) {
    let mut reader = BufReader::new(&*stream);
    let mut line = Vec::new();
    while let Ok(true) = read_line(&mut reader, &mut line).await {
        let Ok(reply) = decode::<Reply>(&line) else { break };
        if let Some(waiting) = waiting.lock().as_mut()
            && let Some(sender) = id(&reply).and_then(|id| waiting.get(&id))
        {
            // Nobody listens to a request that was dropped meanwhile.
            drop(sender.send(reply));
        }
    }
    *waiting.lock() = None;
}

/// Half-closes, so that both ends see the end of the conversation.
#[cfg(unix)]
fn shut_down_writing(stream: &Stream) -> io::Result<()> {
    use std::os::fd::AsFd;

    let Stream::UdSocket(stream) = stream;
    let socket = stream.as_fd().try_clone_to_owned()?;
    std::os::unix::net::UnixStream::from(socket).shutdown(std::net::Shutdown::Write)
}

#[cfg(not(unix))]
fn shut_down_writing(_: &Stream) -> io::Result<()> {
    Ok(())
}

fn id(reply: &Reply) -> Option<u64> {
    match reply {
        Reply::Loaded { id, .. } | Reply::Progress { id, .. } | Reply::Status { id, .. } => {
            Some(*id)
        }
        Reply::Drawn(drawn) => Some(drawn.id),
        Reply::Done(done) => Some(done.id),
        Reply::Error { id, .. } => *id,
        Reply::Welcome(_) => None,
    }
}

/// Reads a line; `false` at the end of the connection, or where the line has no end.
async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    line.clear();
    reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', line).await?;
    Ok(line.last() == Some(&b'\n'))
}
