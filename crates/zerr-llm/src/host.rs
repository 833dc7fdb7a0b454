//! The model host as its clients see it: [`Host`].

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{HostSampler, ModelRef, SampleError};

/// How to find and start the model host.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The program; found beside the current executable, by `ZERR_HOST` or on the search path
    /// when it is not given.
    pub program: Option<PathBuf>,
    /// Folder of the socket, the lock and the log; the user's own runtime folder by default.
    pub folder: Option<PathBuf>,
    /// Folder for the embedded model and for hashes of model files; the user's cache by default.
    pub cache: Option<PathBuf>,
    /// Threads for llama.cpp, at least 1; all cores by default. It is part of what makes samples
    /// repeat, hence of the socket's name.
    pub threads: Option<u32>,
    /// The host exits after it had nothing to do for this long.
    pub idle_exit: Duration,
    /// How long a host may take to open its socket.
    pub start_timeout: Duration,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            program: None,
            folder: None,
            cache: None,
            threads: None,
            idle_exit: Duration::from_secs(300),
            start_timeout: Duration::from_secs(10),
        }
    }
}

/// A connection to a running host, which is started when there is none.
#[derive(Clone, Debug)]
pub struct Host {
    options: Arc<HostOptions>,
}

impl Host {
    /// Connects, and starts a host first unless one is running. Two clients that do so at once end
    /// up with one host.
    ///
    /// # Errors
    /// [`SampleError::HostMissing`], [`SampleError::HostNotStarted`].
    pub async fn connect_or_start(options: &HostOptions) -> Result<Self, SampleError> {
        let _ = options;
        Err(SampleError::HostMissing { looked_in: Vec::new() })
    }

    /// Loads a model, unless the host has it, and draws from it.
    ///
    /// # Errors
    /// [`SampleError::Refused`] when the file is missing or no usable model.
    pub async fn sampler(&self, model: &ModelRef) -> Result<HostSampler, SampleError> {
        let _ = (model, &self.options);
        Err(SampleError::HostMissing { looked_in: Vec::new() })
    }
}
