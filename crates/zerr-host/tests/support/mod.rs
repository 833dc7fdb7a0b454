//! What the tests of the host share: a folder with a model, a host of its own, requests.
#![allow(dead_code, reason = "not every test uses everything")]

pub(crate) mod tiny_gguf;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tempfile::TempDir;
use tiny_gguf::TinyModel;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zerr_llm::{
    Batching, Draw, Drawn, Host, HostOptions, Message, ModelRef, Role, SampleError, SampleEvent,
    SampleRequest, Sampler,
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
            start_timeout: Duration::from_secs(60),
        }
    }

    pub(crate) async fn host(&self) -> Host {
        Host::connect_or_start(&self.options()).await.unwrap()
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
