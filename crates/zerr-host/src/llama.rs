//! llama.cpp itself: started once in a process, and how it loads models.

use std::sync::OnceLock;

use llama_cpp_2::{llama_backend::LlamaBackend, model::params::LlamaModelParams};

/// Starts llama.cpp. It is never stopped: the process ends with `_exit`.
pub(crate) fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            let backend = LlamaBackend::init().map_err(|error| error.to_string())?;
            crate::log::listen_to_llama();
            Ok(backend)
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Files are mapped, and all layers go to a device where one was compiled in and is there:
/// llama.cpp's own defaults.
pub(crate) fn model_params() -> LlamaModelParams {
    LlamaModelParams::default()
}
