//! How a model is set up for many short draws: its context and the [`Shape`] of its batches.

use std::{num::NonZeroU32, thread};

use llama_cpp_2::{
    LlamaContextLoadError,
    context::{LlamaContext, params::LlamaContextParams},
    llama_backend::LlamaBackend,
    model::LlamaModel,
};

/// Prompts held in the cache, in use or for the next request.
pub(crate) const PROMPTS_MAX: usize = 8;

/// The sizes that a model's batches have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Draws decoded side by side.
    pub(crate) draws_max: usize,
    /// Tokens the cache holds, over all sequences.
    pub(crate) cells: usize,
    /// Most tokens of one prompt and its reply.
    pub(crate) context_tokens: usize,
    /// Prompt tokens read in one step. A cancel waits for one step at most.
    pub(crate) prompt_chunk: usize,
    pub(crate) batch_tokens: usize,
    /// Whether the cost of a step is attention and not the weights.
    pub(crate) is_small: bool,
}

/// Below, on a processor, a step's time goes into attention. Measured with 1.3 million parameters
/// and replies of 128 tokens, tokens a second of processor time: flash attention 2,000 to 2,600 at
/// any width, because it walks over the cells one by one; plain attention 5,000 to 6,800 up to 16
/// draws, 4,200 at 24 and 3,400 at 32, because every draw looks at every cell.
const SMALL_BYTES: u64 = 64 << 20;
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
        let is_small = !on_gpu && model.size() < SMALL_BYTES;
        let draws_max = match (on_gpu, is_small) {
            (true, _) => 64,
            (false, true) => 16,
            (false, false) => 32,
        };
        let prompt_chunk = if on_gpu { 512 } else { 128 };
        Self {
            draws_max,
            cells: cells as usize,
            context_tokens: trained.min(cells) as usize,
            prompt_chunk,
            batch_tokens: draws_max + prompt_chunk,
            is_small,
        }
    }

    pub(crate) fn sequences(&self) -> usize {
        self.draws_max + PROMPTS_MAX
    }

    /// Threads for this model where nobody says.
    ///
    /// llama.cpp's threads wait for each other by spinning, some hundred times a step. Where a
    /// compiler takes the core of one of them, each wait lasts a time slice: two threads on two
    /// busy cores were 10 to 100 times slower than one. So small models get one thread, and large
    /// ones leave a core for what checks their samples.
    pub(crate) fn threads(&self) -> u32 {
        if self.is_small {
            return 1;
        }
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        cores.saturating_sub(1).max(1)
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
    let flash_attention = if shape.is_small {
        llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED
    } else {
        llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_AUTO
    };
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(shape.cells as u32))
        .with_n_batch(shape.batch_tokens as u32)
        .with_n_ubatch(shape.batch_tokens as u32)
        .with_n_seq_max(shape.sequences() as u32)
        .with_kv_unified(true)
        .with_flash_attention_policy(flash_attention)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    model.new_context(backend, params)
}
