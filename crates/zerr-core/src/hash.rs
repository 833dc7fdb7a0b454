//! Content hashes: the names of steps, actions, specs and blobs. Main type: [`Hash`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 over some content, as 64 lowercase hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    /// Hashes `parts` in order; each is preceded by its length, so that no two lists collide.
    pub fn of(domain: &str, parts: &[&[u8]]) -> Self {
        let mut sha = Sha256::new();
        sha.update((domain.len() as u64).to_le_bytes());
        sha.update(domain.as_bytes());
        for part in parts {
            sha.update((part.len() as u64).to_le_bytes());
            sha.update(part);
        }
        let digest = sha.finalize();
        let mut text = String::with_capacity(64);
        for byte in digest {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// Hashes one text.
    pub fn of_text(domain: &str, text: &str) -> Self {
        Self::of(domain, &[text.as_bytes()])
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, enough to tell things apart on a terminal.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    /// The first 8 bytes as a number: a seed that depends on content alone.
    pub fn seed(&self) -> u64 {
        self.0.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Hash::of("t", &[b"ab", b"c"]), Hash::of("t", &[b"a", b"bc"]));
        assert_ne!(Hash::of("t", &[b"a"]), Hash::of("u", &[b"a"]));
    }

    #[test]
    fn the_hash_is_sha256_and_stays_the_same_between_releases() {
        // printf '\1\0\0\0\0\0\0\0t\1\0\0\0\0\0\0\0a' | sha256sum
        let hash = Hash::of_text("t", "a");
        assert_eq!(hash.as_str().len(), 64);
        assert_eq!(hash, Hash::of("t", &[b"a"]));
    }
}
