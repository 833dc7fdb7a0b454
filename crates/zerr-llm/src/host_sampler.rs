//! Samples from a model in the model host: [`HostSampler`].
//!
//! # Invariants
//! - A draw is named by its prompt and seed, so drawing it again after the host died loses
//!   nothing and delivers nothing twice.
//! - The model does not change under a sampler: a file that has another hash than when it was
//!   loaded is refused.

use std::collections::BTreeSet;

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use zerr_wire::{ErrorKind, Reply, Request, Sample, WireError};

use crate::{
    Batching, Drawn, Finish, Host, ModelInfo, ModelRef, SampleError, SampleEvent, SampleFuture,
    SampleRequest, Sampler, Usage,
    client::{Connection, unexpected},
};

/// Draws from one model in the host. When the host dies in the middle of a request it is started
/// again, at most three times, and asked for what was not delivered.
#[derive(Debug)]
pub struct HostSampler {
    host: Host,
    model: ModelRef,
    info: ModelInfo,
}

const RESTARTS_MAX: u32 = 3;

/// How one try at a request ended.
enum Attempt {
    Done(Usage),
    HostDied,
    /// The host gave the model up in favour of others.
    ModelUnloaded,
}

/// One request's way through its tries.
struct Delivery<'a> {
    request: &'a SampleRequest,
    sink: &'a UnboundedSender<SampleEvent>,
    delivered: BTreeSet<u32>,
}

impl HostSampler {
    pub(crate) fn new(host: Host, model: ModelRef, info: ModelInfo) -> Self {
        Self { host, model, info }
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    async fn deliver(&self, delivery: &mut Delivery<'_>) -> Result<Usage, SampleError> {
        let mut deaths = 0;
        let mut unloads = 0;
        loop {
            let connection = self.host.connection().await?;
            match self.attempt(&connection, delivery).await? {
                Attempt::Done(usage) => return Ok(usage),
                Attempt::HostDied => {
                    deaths += 1;
                    if deaths > RESTARTS_MAX {
                        let log = self.host.log().to_owned();
                        return Err(SampleError::HostDied { times: deaths, log });
                    }
                    delivery.send(SampleEvent::Restarted { times: deaths })?;
                }
                Attempt::ModelUnloaded => {
                    unloads += 1;
                    connection.forget_loaded(&self.info.sha256);
                    if unloads > RESTARTS_MAX {
                        let kind = ErrorKind::ModelMissing;
                        let message = "the host gives the model up again and again";
                        return Err(WireError::new(kind, message).into());
                    }
                }
            }
        }
    }

    async fn attempt(
        &self,
        connection: &Connection,
        delivery: &mut Delivery<'_>,
    ) -> Result<Attempt, SampleError> {
        if !connection.has_loaded(&self.info.sha256) {
            match connection.load(&self.model).await? {
                None => return Ok(Attempt::HostDied),
                Some(info) if info.sha256 == self.info.sha256 => {}
                Some(_) => {
                    let message = "the model's file was changed while it was in use";
                    let error = WireError::new(ErrorKind::ModelMissing, message);
                    return Err(error.hint("start again to use the new file").into());
                }
            }
        }
        let mut in_flight =
            connection.send(|id| Request::Sample(self.sample_line(id, delivery)))?;
        loop {
            match in_flight.next().await {
                None => return Ok(Attempt::HostDied),
                Some(Reply::Progress { index, tokens, .. }) => {
                    delivery.send(SampleEvent::Progress { index, tokens })?;
                }
                Some(Reply::Drawn(drawn)) => delivery.drawn(drawn)?,
                Some(Reply::Done(done)) => {
                    return Ok(Attempt::Done(Usage {
                        prompt_tokens: done.prompt_tokens,
                        generated_tokens: done.generated_tokens,
                        ms: done.ms,
                    }));
                }
                Some(Reply::Error { error, .. }) if error.kind == ErrorKind::ModelMissing => {
                    return Ok(Attempt::ModelUnloaded);
                }
                Some(reply) => return Err(unexpected(reply)),
            }
        }
    }

    /// The request as the host reads it, less what was delivered. An exclusive request is asked
    /// for as a whole again: without the draws that it had, its batch would have another shape.
    fn sample_line(&self, id: u64, delivery: &Delivery<'_>) -> Sample {
        let request = delivery.request;
        let whole = request.batching == Batching::Exclusive;
        let is_wanted = |index: u32| whole || !delivery.delivered.contains(&index);
        Sample {
            id,
            model: self.info.sha256.clone(),
            messages: request.messages.clone(),
            prefill: request.prefill.clone(),
            draws: request.draws.iter().filter(|draw| is_wanted(draw.index)).copied().collect(),
            tokens_max: request.tokens_max,
            stop: request.stop.clone(),
            grammar: request.grammar.clone(),
            batching: request.batching,
        }
    }
}

impl Sampler for HostSampler {
    fn model(&self) -> &ModelInfo {
        &self.info
    }

    fn sample(
        &self,
        request: SampleRequest,
        sink: UnboundedSender<SampleEvent>,
        cancel: CancellationToken,
    ) -> SampleFuture<'_> {
        Box::pin(async move {
            let mut delivery =
                Delivery { request: &request, sink: &sink, delivered: BTreeSet::new() };
            // Dropping the delivery drops what is in flight, which cancels it at the host.
            let usage = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(SampleError::Cancelled),
                () = sink.closed() => return Err(SampleError::Cancelled),
                usage = self.deliver(&mut delivery) => usage?,
            };
            sink.send(SampleEvent::Done(usage)).map_err(|_| SampleError::Cancelled)
        })
    }
}

impl Delivery<'_> {
    fn drawn(&mut self, drawn: zerr_wire::Drawn) -> Result<(), SampleError> {
        let index = drawn.index;
        let Some(draw) = self.request.draws.iter().find(|draw| draw.index == index) else {
            return Err(SampleError::Protocol(format!("nobody asked for draw {index}")));
        };
        let finish = match drawn.finish {
            zerr_wire::Finish::Stop => Finish::Stop,
            zerr_wire::Finish::EndOfTurn => Finish::EndOfTurn,
            zerr_wire::Finish::Length => Finish::Length,
            zerr_wire::Finish::Context => Finish::Context,
            zerr_wire::Finish::Cancelled => {
                return Err(SampleError::Protocol(format!("nobody cancelled draw {index}")));
            }
        };
        if !self.delivered.insert(index) {
            return Ok(());
        }
        self.send(SampleEvent::Drawn(Drawn {
            index,
            seed: draw.seed,
            text: drawn.text,
            finish,
            tokens: drawn.tokens,
            prompt_tokens: drawn.prompt_tokens,
            invalid_utf8: drawn.invalid_utf8,
            ms: drawn.ms,
        }))
    }

    fn send(&self, event: SampleEvent) -> Result<(), SampleError> {
        self.sink.send(event).map_err(|_| SampleError::Cancelled)
    }
}
