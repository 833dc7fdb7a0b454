//! How a model is set up for many short draws: its context and the [`Shape`] of its batches.

use std::num::NonZeroU32;

use llama_cpp_2::{
    LlamaContextLoadError,
    context::{LlamaContext, params::LlamaContextParams},
    llama_backend::LlamaBackend,
    model::LlamaModel,
};

/// Draws decoded side by side. llama.cpp allows 256 sequences; past some dozens a step takes
/// longer in proportion.
pub(crate) const DRAWS_MAX: usize = 64;
/// Prompts held in the cache, in use or for the next request.
pub(crate) const PROMPTS_MAX: usize = 16;

/// The sizes that a model's batches have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Tokens the cache holds, over all sequences.
    pub(crate) cells: usize,
    /// Most tokens of one prompt and its reply.
    pub(crate) context_tokens: usize,
    /// Prompt tokens read in one step. A cancel waits for one step at most.
    pub(crate) prompt_chunk: usize,
    pub(crate) batch_tokens: usize,
}

/// Cache for small models stays small, and for large ones in proportion: half the weights' size.
const CACHE_BYTES_MIN: u64 = 24 << 20;
const CACHE_BYTES_MAX: u64 = 2 << 30;
/// Every step scans the cells' owners, so more is not better.
const CELLS_MAX: u64 = 1 << 15;
const CELLS_MIN: u64 = 1 << 10;

impl Shape {
    pub(crate) fn of(model: &LlamaModel, on_gpu: bool) -> Self {
        let head = u64::from(model.n_embd().unsigned_abs()) / u64::from(model.n_head().max(1));
        let width = u64::from(model.n_layer()) * u64::from(model.n_head_kv()) * head;
        // Keys and values of two bytes each.
        let cell_bytes = (width * 4).max(1);
        let bytes = (model.size() / 2).clamp(CACHE_BYTES_MIN, CACHE_BYTES_MAX);
        let cells = (bytes / cell_bytes).clamp(CELLS_MIN, CELLS_MAX) / 256 * 256;
        let trained = u64::from(model.n_ctx_train()).max(1);
        let prompt_chunk = if on_gpu { 512 } else { 128 };
        Self {
            cells: cells as usize,
            context_tokens: trained.min(cells) as usize,
            prompt_chunk,
            batch_tokens: DRAWS_MAX + prompt_chunk,
        }
    }
}

/// A context of that shape. One cache for all sequences, so that draws share their prompt's cells.
pub(crate) fn new<'model>(
    model: &'model LlamaModel,
    backend: &LlamaBackend,
    shape: Shape,
    threads: u32,
) -> Result<LlamaContext<'model>, LlamaContextLoadError> {
    let threads = i32::try_from(threads).unwrap_or(i32::MAX);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(shape.cells as u32))
        .with_n_batch(shape.batch_tokens as u32)
        .with_n_ubatch(shape.batch_tokens as u32)
        .with_n_seq_max((DRAWS_MAX + PROMPTS_MAX) as u32)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    model.new_context(backend, params)
}
