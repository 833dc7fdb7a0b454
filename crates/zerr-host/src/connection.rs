//! One client: a thread that reads its lines, and one that writes the replies.

use std::{
    io::{BufReader, Write},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Instant,
};

use interprocess::local_socket::Stream;
use zerr_wire::{
    ErrorKind, FrameError, PROTOCOL_VERSION, Reply, Request, Sample, StatusReport, Welcome,
    WireError, decode, encode, read_line,
};

use crate::{request::Job, serve::Service, worker::Command};

/// Draws and stop texts that one request may have: bounds on work, far above use.
const DRAWS_MAX: usize = 4096;
const STOPS_MAX: usize = 64;

/// Serves a client until it hangs up; what it asked for is cancelled then.
pub(crate) fn serve(service: &Arc<Service>, client: u64, stream: Stream) {
    let _connected = service.activity.connected();
    let stream = Arc::new(stream);
    let (out, replies) = mpsc::channel();
    let writing = Arc::clone(&stream);
    let writer = thread::Builder::new()
        .name("replies".into())
        .spawn(move || write_replies(&writing, &replies));
    if writer.is_err() {
        return;
    }
    let mut reader = BufReader::new(&*stream);
    if let Err(error) = converse(service, client, &mut reader, &out) {
        let text = match &error {
            // A client that is gone in the middle of a line hears nothing more.
            FrameError::Cut | FrameError::Io(_) => None,
            FrameError::TooLong | FrameError::Malformed(_) => Some(error.to_string()),
        };
        if let Some(text) = text {
            let error = WireError::new(ErrorKind::BadRequest, text);
            drop(out.send(Reply::Error { id: None, error }));
        }
    }
    service.models.send_all(|| Command::ForgetClient { client });
}

fn converse(
    service: &Arc<Service>,
    client: u64,
    reader: &mut impl std::io::BufRead,
    out: &Sender<Reply>,
) -> Result<(), FrameError> {
    let mut line = Vec::new();
    if !read_line(reader, &mut line)? || !welcome(service, &line, out)? {
        return Ok(());
    }
    while read_line(reader, &mut line)? {
        match decode::<Request>(&line) {
            Ok(request) => answer(service, client, request, out),
            // The lines stay in step: one that makes no sense does not end the conversation.
            Err(error) => {
                let error = WireError::new(ErrorKind::BadRequest, error.to_string());
                drop(out.send(Reply::Error { id: None, error }));
            }
        }
    }
    Ok(())
}

/// Whether the client is one to talk to.
fn welcome(service: &Service, line: &[u8], out: &Sender<Reply>) -> Result<bool, FrameError> {
    let reply = match decode::<Request>(line)? {
        Request::Hello { version: PROTOCOL_VERSION } => Ok(Reply::Welcome(Welcome {
            version: PROTOCOL_VERSION,
            host_version: env!("CARGO_PKG_VERSION").into(),
            backend: service.backend.clone(),
            threads: service.threads,
            pid: std::process::id(),
        })),
        Request::Hello { version } => {
            let kind = ErrorKind::VersionMismatch { host: PROTOCOL_VERSION, client: version };
            let message =
                format!("the host speaks version {PROTOCOL_VERSION}, the client version {version}");
            Err(WireError::new(kind, message).hint("install host and client of one version"))
        }
        _ => Err(WireError::new(ErrorKind::BadRequest, "the first line has to be `hello`")),
    };
    let is_welcome = reply.is_ok();
    drop(out.send(reply.unwrap_or_else(|error| Reply::Error { id: None, error })));
    Ok(is_welcome)
}

fn answer(service: &Arc<Service>, client: u64, request: Request, out: &Sender<Reply>) {
    let busy = service.activity.busy();
    let (id, result) = match request {
        Request::Hello { .. } => {
            let error = WireError::new(ErrorKind::BadRequest, "`hello` comes first and once");
            (None, Err(error))
        }
        Request::Load { id, model } => {
            let loaded = service.models.load(&model);
            (Some(id), loaded.map(|model| Some(Reply::Loaded { id, model })))
        }
        Request::Sample(sample) => {
            let id = sample.id;
            let model = sample.model.clone();
            let result = check(&sample).and_then(|()| {
                let arrived = Instant::now();
                let job = Job { client, sample, arrived, out: out.clone(), busy };
                service.models.send(&model, Command::Sample(Box::new(job)))
            });
            (Some(id), result.map(|()| None))
        }
        Request::Cancel { id } => {
            service.models.send_all(|| Command::Cancel { client, id });
            (Some(id), Ok(None))
        }
        Request::Status { id } => (Some(id), Ok(Some(status(service, id)))),
        Request::Shutdown => service.leave(),
    };
    match result {
        Ok(Some(reply)) => drop(out.send(reply)),
        Ok(None) => {}
        Err(error) => drop(out.send(Reply::Error { id, error })),
    }
}

fn check(sample: &Sample) -> Result<(), WireError> {
    let bad = |message: String| Err(WireError::new(ErrorKind::BadRequest, message));
    if sample.tokens_max == 0 {
        return bad("tokens_max is 0".into());
    }
    if sample.draws.len() > DRAWS_MAX || sample.stop.len() > STOPS_MAX {
        return bad(format!("more than {DRAWS_MAX} draws or {STOPS_MAX} stop texts"));
    }
    let mut indexes: Vec<u32> = sample.draws.iter().map(|draw| draw.index).collect();
    indexes.sort_unstable();
    if indexes.windows(2).any(|pair| pair[0] == pair[1]) {
        return bad("two draws have the same index".into());
    }
    for draw in &sample.draws {
        let temperature_is_sane = (0.0..=100.0).contains(&draw.temperature);
        let top_p_is_sane = draw.top_p > 0.0 && draw.top_p <= 1.0;
        if !temperature_is_sane || !top_p_is_sane {
            return bad(format!("draw {} has no sane temperature or top_p", draw.index));
        }
    }
    Ok(())
}

fn status(service: &Service, id: u64) -> Reply {
    let status = StatusReport {
        pid: std::process::id(),
        host_version: env!("CARGO_PKG_VERSION").into(),
        uptime_ms: service.started.elapsed().as_millis() as u64,
        models: service.models.status(),
        memory_bytes: memory_bytes(),
        clients: service.activity.clients(),
    };
    Reply::Status { id, status }
}

/// Resident memory, from `/proc` where there is one.
fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Ends when the last sender is gone (the reader and all jobs) or the client does not listen.
fn write_replies(mut stream: &Stream, replies: &Receiver<Reply>) {
    for reply in replies {
        let Ok(line) = encode(&reply) else { continue };
        if stream.write_all(&line).is_err() {
            return;
        }
    }
}
