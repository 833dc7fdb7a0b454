//! The embedded model as a file: llama.cpp maps files, not memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::hash;

/// Writes the weights into the cache folder unless they are there already, byte by byte.
pub(crate) fn file(cache: &Path) -> io::Result<PathBuf> {
    let weights = weights();
    let path = cache.join("models").join(format!("zerr-micro-{}.gguf", &sha256()[..16]));
    if !fs::read(&path).is_ok_and(|bytes| bytes == weights) {
        hash::write_atomically(&path, weights)?;
    }
    Ok(path)
}

pub(crate) fn sha256() -> &'static str {
    static SHA256: OnceLock<String> = OnceLock::new();
    SHA256.get_or_init(|| hash::of_bytes(weights()))
}

pub(crate) fn card() -> Option<serde_json::Value> {
    serde_json::from_str(zerr_micro::card_text()).ok()
}

fn weights() -> &'static [u8] {
    zerr_micro::weights()
}
