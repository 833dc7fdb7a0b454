//! What the tests of the host share: a folder with a model, a host of its own, requests.
pub(crate) mod tiny_gguf;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tiny_gguf::TinyModel;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zerr_llm::{
    Batching, Draw, Drawn, Host, HostOptions, HostSampler, Message, ModelRef, Role, SampleError,
    SampleEvent, SampleRequest, Sampler,
};

/// A folder for one test, with a model in it. Its host ends with it.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        TinyModel::default().write(&fixture.path("tiny.gguf")).unwrap();
        fixture
    }

    /// With a model that takes some milliseconds a step, so that a test can act in between.
    pub(crate) fn slow() -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        let slow = TinyModel { width: 256, layers: 4, ..TinyModel::default() };
        slow.write(&fixture.path("tiny.gguf")).unwrap();
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn model(&self) -> ModelRef {
        ModelRef::Path(self.path("tiny.gguf"))
    }

    pub(crate) fn options(&self) -> HostOptions {
        HostOptions {
            program: Some(env!("CARGO_BIN_EXE_zerr-host").into()),
            folder: Some(self.path("run")),
            cache: Some(self.path("cache")),
            threads: Some(1),
            idle_exit: Duration::from_secs(30),
            start_timeout: Duration::from_mins(1),
        }
    }

    pub(crate) async fn host(&self) -> Host {
        Host::connect_or_start(&self.options()).await.unwrap()
    }
}

impl Fixture {
    pub(crate) async fn sampler(&self) -> HostSampler {
        self.host().await.sampler(&self.model()).await.unwrap()
    }

    /// Where the host listens.
    pub(crate) fn socket(&self) -> PathBuf {
        let is_lock = |path: &PathBuf| path.extension().is_some_and(|end| end == "lock");
        let entries = fs::read_dir(self.path("run")).unwrap();
        entries.map(|entry| entry.unwrap().path()).find(is_lock).unwrap().with_extension("")
    }
}

/// A client that sends what it likes. It hears nothing for a minute at most.
pub(crate) struct RawClient {
    pub(crate) stream: UnixStream,
}

impl RawClient {
    pub(crate) fn connect(fixture: &Fixture) -> Self {
        let stream = UnixStream::connect(fixture.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self { stream }
    }

    pub(crate) fn greet(&mut self) {
        self.send_text("{\"request\":\"hello\",\"version\":1}");
        assert!(self.receive().contains("\"welcome\""));
    }

    pub(crate) fn send_text(&mut self, line: &str) {
        writeln!(self.stream, "{line}").unwrap();
    }

    /// The next line, and no byte more.
    pub(crate) fn receive(&mut self) -> String {
        let mut line = String::new();
        BufReader::with_capacity(1, &self.stream).read_line(&mut line).unwrap();
        line
    }
}

pub(crate) fn signal(pid: u32, signal: i32) {
    // SAFETY: a system call without pointers.
    assert_eq!(unsafe { libc::kill(pid.cast_signed(), signal) }, 0);
}

/// Asks until the host has nothing to do; each question takes it a while.
pub(crate) async fn wait_until_idle(host: &Host) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let status = host.status().await.unwrap();
        if status.models.iter().all(|model| model.requests == 0 && model.draws_active == 0) {
            return;
        }
        assert!(Instant::now() < deadline, "{status:?}");
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let options = self.options();
        // A runtime of its own: the test's may be gone.
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                if let Ok(host) = Host::connect_or_start(&options).await {
                    let _ = host.shut_down().await;
                    // Answered by nobody: waits until the host has left.
                    let _ = host.status().await;
                }
            });
        });
        let _ = ended.join();
    }
}

pub(crate) fn draws(count: u32) -> Vec<Draw> {
    (0..count)
        .map(|index| Draw { index, seed: 1000 + index, temperature: 0.8, top_p: 0.95 })
        .collect()
}

pub(crate) fn request(draws: Vec<Draw>, batching: Batching) -> SampleRequest {
    SampleRequest {
        subject: "test".into(),
        messages: vec![Message { role: Role::User, content: "Write one Rust function.".into() }],
        prefill: "```rust\n".into(),
        draws,
        tokens_max: 24,
        stop: vec!["\n```".into()],
        grammar: None,
        batching,
    }
}

/// A model of random weights ends its turn now and then; with this it cannot.
pub(crate) const ENDLESS: &str = "root ::= [a-z] root";

/// A request that a slow model is busy with for a second or more.
pub(crate) fn slow_request(batching: Batching) -> SampleRequest {
    let mut request = request(draws(16), batching);
    request.tokens_max = 200;
    request.stop.clear();
    request.grammar = Some(ENDLESS.into());
    request
}

/// All draws of a request, by index. A draw that comes twice fails the test.
pub(crate) async fn sample(
    sampler: &impl Sampler,
    request: SampleRequest,
) -> Result<BTreeMap<u32, Drawn>, SampleError> {
    let (sink, mut events) = mpsc::unbounded_channel();
    let sampling = sampler.sample(request, sink, CancellationToken::new());
    let collecting = async {
        let mut drawn = BTreeMap::new();
        while let Some(event) = events.recv().await {
            if let SampleEvent::Drawn(one) = event {
                let twice = drawn.insert(one.index, one);
                assert!(twice.is_none(), "a draw came twice");
            }
        }
        drawn
    };
    let (result, drawn) = tokio::join!(sampling, collecting);
    result.map(|()| drawn)
}
