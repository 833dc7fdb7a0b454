//! SHA-256 of model files, remembered by path, size and time of change.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What was hashed, when it looked how, and the result.
#[derive(PartialEq, Serialize, Deserialize)]
struct Remembered {
    path: String,
    size_bytes: u64,
    modified_ns: u64,
    sha256: String,
}

/// The hash of a file in lowercase hex; `cache` remembers it. A cache that cannot be written costs
/// time only.
pub(crate) fn of_file(path: &Path, cache: &Path) -> io::Result<String> {
    let path = path.canonicalize()?;
    let metadata = path.metadata()?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut now = Remembered {
        path: path.to_string_lossy().into_owned(),
        size_bytes: metadata.len(),
        modified_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        sha256: String::new(),
    };
    let entry = cache.join("hashes").join(format!("{}.json", of_bytes(now.path.as_bytes())));
    if let Ok(text) = fs::read(&entry)
        && let Ok(old) = serde_json::from_slice::<Remembered>(&text)
    {
        now.sha256.clone_from(&old.sha256);
        if now == old {
            return Ok(old.sha256);
        }
    }
    now.sha256 = of_reader(File::open(&path)?)?;
    if let Ok(text) = serde_json::to_vec(&now) {
        let _ = write_atomically(&entry, &text);
    }
    Ok(now.sha256)
}

pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Writes a file that is either whole or not there, however many processes write it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path)?;
    Ok(())
}

fn of_reader(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_changed_file_is_hashed_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let path = folder.path().join("model");
        fs::write(&path, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_file(&path, &cache).unwrap(), abc);
        assert_eq!(of_file(&path, &cache).unwrap(), abc);
        fs::write(&path, "abcd").unwrap();
        assert_eq!(of_file(&path, &cache).unwrap(), of_bytes(b"abcd"));
    }

    #[test]
    fn a_spoilt_or_unwritable_cache_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        fs::write(&cache, "a file where a folder should be").unwrap();
        let path = folder.path().join("model");
        fs::write(&path, "abc").unwrap();
        assert_eq!(of_file(&path, &cache).unwrap(), of_bytes(b"abc"));
    }
}
