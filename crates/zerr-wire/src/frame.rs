//! Lines: one JSON object each, ended by `\n`, bounded in size.

use std::io::{self, BufRead, Read};

use serde::{Serialize, de::DeserializeOwned};

/// Longest line in bytes, its end included. Far above any prompt that fits a context, far below
/// what would hurt the host.
pub const LINE_BYTES_MAX: usize = 8 << 20;

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("line longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    #[error("connection closed in the middle of a line")]
    Cut,
    #[error("not a message: {0}")]
    Malformed(#[source] serde_json::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Renders one message with its line end.
///
/// # Errors
/// [`FrameError::TooLong`] when the other side would refuse it.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut line = serde_json::to_vec(message).map_err(FrameError::Malformed)?;
    line.push(b'\n');
    if line.len() > LINE_BYTES_MAX { Err(FrameError::TooLong) } else { Ok(line) }
}

/// Reads one message from a line, with or without its line end.
///
/// # Errors
/// [`FrameError::Malformed`], with where and why.
pub fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(line).map_err(FrameError::Malformed)
}

/// Reads the next line into `line`, which is cleared first. `false` is the orderly end.
///
/// # Errors
/// [`FrameError::TooLong`] without reading on: the connection is of no use afterwards.
pub fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, FrameError> {
    line.clear();
    let read = reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', line)?;
    match line.last() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        Some(_) if read >= LINE_BYTES_MAX => Err(FrameError::TooLong),
        Some(_) => Err(FrameError::Cut),
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
