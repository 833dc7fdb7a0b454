//! A GGUF file's header, read before llama.cpp sees the file: [`Header`].
//!
//! llama.cpp reports most broken files in its log only, and some by aborting. What is found here
//! is told in words.
//!
//! # Invariants
//! - No count or length from the file is trusted: nothing is allocated that is longer than what
//!   the file still holds, and every read is bounded.
//!
//! # Non-goals
//! Reading tensors, or knowing architectures: llama.cpp does.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

use zerr_wire::{ErrorKind, WireError};

/// What the header says, as far as the host uses it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// `general.architecture`, empty when it is missing.
    pub(crate) architecture: String,
    /// `general.name`.
    pub(crate) name: Option<String>,
    pub(crate) tensors: u64,
    /// Integers of the metadata, by key.
    pub(crate) numbers: HashMap<String, u64>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("no file {0}")]
    Missing(String),
    #[error("cannot read {path}: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("{path} is not a GGUF model: {reason}")]
    NotAModel { path: String, reason: String },
    #[error("{path} is cut off: {reason}")]
    Truncated { path: String, reason: String },
    #[error("{path} cannot be used: {reason}")]
    Unsuitable { path: String, reason: String },
}

impl From<HeaderError> for WireError {
    fn from(error: HeaderError) -> Self {
        let message = error.to_string();
        match error {
            HeaderError::Missing(_) | HeaderError::Unreadable { .. } => {
                Self::new(ErrorKind::ModelMissing, message)
                    .hint("give the path of a GGUF file, or leave out --model for the embedded one")
            }
            HeaderError::NotAModel { .. } => Self::new(ErrorKind::NotAModel, message)
                .hint("zerr loads models in llama.cpp's GGUF format"),
            HeaderError::Truncated { .. } => Self::new(ErrorKind::ModelTruncated, message)
                .hint("the download did not finish: fetch the file again"),
            HeaderError::Unsuitable { .. } => Self::new(ErrorKind::ModelUnsuitable, message)
                .hint("choose another file of this model"),
        }
    }
}

/// Reads and checks the header of the file, and that the file is as long as its tensors need.
pub(crate) fn read(path: &Path) -> Result<Header, HeaderError> {
    let shown = path.display().to_string();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => HeaderError::Missing(shown.clone()),
        _ => HeaderError::Unreadable { path: shown.clone(), error },
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(HeaderError::NotAModel { path: shown, reason: "it is not a file".into() });
    }
    let mut source =
        Source { reader: BufReader::with_capacity(1 << 16, file), at: 0, len: metadata.len() };
    source.header().map_err(|problem| match problem {
        Problem::Io(error) => HeaderError::Unreadable { path: shown, error },
        Problem::NotAModel(reason) => HeaderError::NotAModel { path: shown, reason },
        Problem::Truncated(reason) => HeaderError::Truncated { path: shown, reason },
        Problem::Unsuitable(reason) => HeaderError::Unsuitable { path: shown, reason },
    })
}

enum Problem {
    Io(io::Error),
    NotAModel(String),
    Truncated(String),
    Unsuitable(String),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated("it ends within its header".into()),
            _ => Self::Io(error),
        }
    }
}

struct Source<R> {
    reader: BufReader<R>,
    at: u64,
    len: u64,
}

/// More than any model has, and small enough that looping over it costs nothing.
const COUNT_MAX: u64 = 1 << 20;
const KEY_BYTES_MAX: u64 = 1 << 12;

impl<R: Read + Seek> Source<R> {
    fn header(&mut self) -> Result<Header, Problem> {
        self.magic()?;
        let version = self.u32()?;
        if version.trailing_zeros() >= 16 {
            return Err(Problem::Unsuitable("it was written for big-endian machines".into()));
        }
        if !(2..=3).contains(&version) {
            return Err(Problem::NotAModel(format!("version {version} of GGUF is not known")));
        }
        let tensors = self.u64()?;
        let pairs = self.u64()?;
        if tensors > COUNT_MAX || pairs > COUNT_MAX {
            let reason = format!("its header promises {tensors} tensors and {pairs} properties");
            return Err(Problem::NotAModel(reason));
        }
        let mut header = Header { tensors, ..Header::default() };
        for _ in 0..pairs {
            self.pair(&mut header)?;
        }
        if header.numbers.get("split.count").is_some_and(|&parts| parts > 1) {
            return Err(Problem::Unsuitable(
                "it is one part of several; join them with `llama-gguf-split --merge`".into(),
            ));
        }
        let mut end = 0;
        for _ in 0..tensors {
            end = end.max(self.tensor_end()?);
        }
        let alignment = header.numbers.get("general.alignment").copied().unwrap_or(32).max(1);
        let needed = self.at.next_multiple_of(alignment).saturating_add(end);
        if tensors > 0 && needed > self.len {
            let len = self.len;
            return Err(Problem::Truncated(format!("{len} bytes of at least {needed}")));
        }
        Ok(header)
    }

    fn magic(&mut self) -> Result<(), Problem> {
        if self.len == 0 {
            return Err(Problem::NotAModel("it is empty".into()));
        }
        let mut start = vec![0; self.len.min(64) as usize];
        self.reader.read_exact(&mut start)?;
        if !start.starts_with(b"GGUF") {
            let text = String::from_utf8_lossy(&start);
            let reason = if text.starts_with("version https://git-lfs") {
                "it is a pointer of git-lfs; fetch the file itself with `git lfs pull`"
            } else if text.trim_start().starts_with('<') {
                "it is a web page"
            } else if start.iter().all(|byte| byte.is_ascii_graphic() || b" \t\r\n".contains(byte))
            {
                "it is a text file"
            } else {
                "it does not begin with `GGUF`"
            };
            return Err(Problem::NotAModel(reason.into()));
        }
        self.reader.seek_relative(4 - start.len() as i64)?;
        self.at = 4;
        Ok(())
    }

    fn pair(&mut self, header: &mut Header) -> Result<(), Problem> {
        let key = self.string(KEY_BYTES_MAX)?;
        let kind = self.u32()?;
        match kind {
            STRING if key == "general.architecture" => {
                header.architecture = self.string(KEY_BYTES_MAX)?;
            }
            STRING if key == "general.name" => header.name = Some(self.string(KEY_BYTES_MAX)?),
            STRING => self.skip_string()?,
            ARRAY => self.skip_array(&key)?,
            _ => {
                let number = self.number(kind)?;
                if let Some(number) = number {
                    header.numbers.insert(key, number);
                }
            }
        }
        Ok(())
    }

    fn skip_array(&mut self, key: &str) -> Result<(), Problem> {
        let kind = self.u32()?;
        let count = self.u64()?;
        match kind {
            STRING => {
                if count > self.len - self.at {
                    return Err(Problem::Truncated(format!("the list {key} does not fit")));
                }
                for _ in 0..count {
                    self.skip_string()?;
                }
                Ok(())
            }
            ARRAY => Err(Problem::NotAModel(format!("{key} is a list of lists"))),
            _ => {
                let size = scalar_bytes(kind)
                    .ok_or_else(|| Problem::NotAModel(format!("{key} has the type {kind}")))?;
                self.skip(count.saturating_mul(size))
            }
        }
    }

    /// A scalar; `None` for one that is not a non-negative integer.
    fn number(&mut self, kind: u32) -> Result<Option<u64>, Problem> {
        let size = scalar_bytes(kind)
            .ok_or_else(|| Problem::NotAModel(format!("a property of the type {kind}")))?;
        let mut bytes = [0; 8];
        self.fill(&mut bytes[..size as usize])?;
        let unsigned = matches!(kind, 0 | 2 | 4 | 7 | 10);
        let signed = matches!(kind, 1 | 3 | 5 | 11);
        let number = u64::from_le_bytes(bytes);
        let negative = number >> (size * 8 - 1) & 1 == 1;
        Ok((unsigned || signed && !negative).then_some(number))
    }

    /// Where a tensor ends, counted from the start of the tensors' data.
    fn tensor_end(&mut self) -> Result<u64, Problem> {
        let name = self.string(KEY_BYTES_MAX)?;
        let dimensions = self.u32()?;
        if dimensions > 4 {
            return Err(Problem::NotAModel(format!("{name} has {dimensions} dimensions")));
        }
        let mut elements: u64 = 1;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(self.u64()?);
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        // A type that is not known here may be known to llama.cpp: its size is not checked.
        let size = block(kind)
            .map_or(0, |(length, bytes)| elements.div_ceil(length).saturating_mul(bytes));
        Ok(offset.saturating_add(size))
    }

    fn string(&mut self, bytes_max: u64) -> Result<String, Problem> {
        let len = self.u64()?;
        if len > bytes_max {
            return Err(Problem::NotAModel(format!("a name of {len} bytes in its header")));
        }
        let mut bytes = vec![0; len as usize];
        self.fill(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn skip_string(&mut self) -> Result<(), Problem> {
        let len = self.u64()?;
        self.skip(len)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Problem> {
        if bytes > self.len - self.at {
            return Err(Problem::Truncated("it ends within its header".into()));
        }
        self.reader.seek_relative(bytes as i64)?;
        self.at += bytes;
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, Problem> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, Problem> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Problem> {
        self.reader.read_exact(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;

fn scalar_bytes(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// Elements and bytes of one block of a tensor's type (`ggml.h`, `ggml-common.h`).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 | 35 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        24 => (1, 1),
        27 | 28 => (1, 8),
        29 => (256, 56),
        34 => (256, 54),
        39 => (32, 17),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "gguf_tests.rs"]
mod tests;
