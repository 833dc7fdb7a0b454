//! Large texts beside the database, named by what they hold. Main type: [`Blobs`].
//!
//! A text over [`INLINE_MAX_BYTES`] would bloat the database and its log; the same text (a
//! prompt, a compiler's output) often comes many times and is kept once.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::store::StoreError;

/// Texts up to this many bytes stay in their row.
pub(crate) const INLINE_MAX_BYTES: usize = 4096;

/// The folder of content-addressed files.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(crate) fn new(folder: PathBuf) -> Blobs {
        Blobs { folder }
    }

    /// Writes `text` unless it is there, and returns its name. When this returns the text is on
    /// the disk under its name: a row that names it may be committed.
    pub(crate) fn put(&self, text: &str) -> Result<String, StoreError> {
        let name = hash(text.as_bytes());
        let path = self.path(&name);
        // Comparing heals a damaged file, which trusting the name would keep for ever.
        if std::fs::read(&path).is_ok_and(|held| held == text.as_bytes()) {
            return Ok(name);
        }
        write_whole(&path, text.as_bytes()).map_err(|source| StoreError::from_io(&path, source))?;
        Ok(name)
    }

    /// Reads a text and checks it against its name.
    pub(crate) fn get(&self, name: &str) -> Result<String, StoreError> {
        let path = self.path(name);
        let damaged =
            |detail: &str| StoreError::Damaged { path: path.clone(), detail: detail.to_owned() };
        if name.len() != 64 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(damaged("a row names a blob by something that is not a hash"));
        }
        let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => damaged("the file is missing"),
            _ => StoreError::from_io(&path, source),
        })?;
        if hash(&bytes) != name {
            return Err(damaged("its content does not match its hash"));
        }
        String::from_utf8(bytes).map_err(|_| damaged("it is not text"))
    }

    /// Removes every file that `is_referenced` does not know, and leftovers of killed writers.
    /// Returns how many and their bytes. The caller keeps writers away.
    pub(crate) fn retain(
        &self,
        is_referenced: impl Fn(&str) -> bool,
    ) -> Result<(u64, u64), StoreError> {
        let failed = |source| StoreError::from_io(&self.folder, source);
        let (mut files, mut bytes) = (0, 0);
        for shard in entries(&self.folder).map_err(failed)? {
            for file in entries(&shard).map_err(failed)? {
                let part = |path: &Path| {
                    path.file_name().and_then(|name| name.to_str()).map(str::to_owned)
                };
                let name = part(&shard).zip(part(&file)).map(|(ab, rest)| ab + &rest);
                if name.as_deref().is_some_and(&is_referenced) {
                    continue;
                }
                bytes += file.metadata().map_or(0, |metadata| metadata.len());
                std::fs::remove_file(&file).map_err(|source| StoreError::from_io(&file, source))?;
                files += 1;
            }
        }
        Ok((files, bytes))
    }

    fn path(&self, name: &str) -> PathBuf {
        let (shard, rest) = name.split_at_checked(2).unwrap_or(("00", name));
        self.folder.join(shard).join(rest)
    }
}

/// Writes a file so that its name never stands for half of it: a temporary file beside it,
/// synced, then renamed, then the folder synced. Creates the folder.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// A rename is on the disk only when its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// SHA-256 in lower-case hex.
fn hash(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_the_sha256_of_the_content() {
        assert_eq!(
            hash(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn same_text_is_kept_once_and_a_damaged_file_is_healed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("blobs"));
        let name = blobs.put("hello").unwrap();
        std::fs::write(blobs.path(&name), "hellO").unwrap();
        let error = blobs.get(&name).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert_eq!(blobs.put("hello").unwrap(), name);
        assert_eq!(blobs.get(&name).unwrap(), "hello");
        assert_eq!(entries(&folder.path().join("blobs")).unwrap().len(), 1);
    }

    #[test]
    fn missing_file_and_forged_name_are_damage() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("blobs"));
        for name in ["0".repeat(64), "../../etc/passwd".to_owned(), String::new(), "é".into()] {
            let error = blobs.get(&name).unwrap_err();
            assert!(matches!(error, StoreError::Damaged { .. }), "{name}: {error:?}");
        }
    }

    #[test]
    fn leftovers_of_a_killed_writer_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("blobs"));
        let kept = blobs.put("kept").unwrap();
        let dropped = blobs.put("dropped").unwrap();
        let leftover = blobs.path(&kept).with_file_name(".tmp-x");
        std::fs::write(&leftover, "half").unwrap();
        assert_eq!(blobs.retain(|name| name == kept).unwrap(), (2, 11));
        assert_eq!(blobs.get(&kept).unwrap(), "kept");
        assert!(blobs.get(&dropped).is_err());
        assert!(!leftover.exists());
    }
}
