//! Whatever a file holds, its header is read or refused, never a panic.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;

use proptest::prelude::*;

use super::*;

fn read_bytes(bytes: &[u8]) -> Result<Header, HeaderError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    read(file.path())
}

/// One tensor of 8 values of F32, one string and one list in the header.
fn sound() -> Vec<u8> {
    let string = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(3u64.to_le_bytes());
    bytes.extend([string("general.architecture"), 8u32.to_le_bytes().into()].concat());
    bytes.extend(string("llama"));
    bytes.extend([string("llama.context_length"), 4u32.to_le_bytes().into()].concat());
    bytes.extend(512u32.to_le_bytes());
    bytes.extend([string("tokens"), 9u32.to_le_bytes().into(), 8u32.to_le_bytes().into()].concat());
    bytes.extend(2u64.to_le_bytes());
    bytes.extend([string("a"), string("b")].concat());
    bytes.extend(string("weight"));
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(8u64.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(32) + 32, 0);
    bytes
}

#[test]
fn a_sound_header_is_read() {
    let header = read_bytes(&sound()).unwrap();
    assert_eq!((header.architecture.as_str(), header.tensors), ("llama", 1));
    assert_eq!(header.numbers.get("llama.context_length"), Some(&512));
}

#[test]
fn every_shorter_file_is_refused() {
    let bytes = sound();
    for len in 4..bytes.len() {
        let error = read_bytes(&bytes[..len]).unwrap_err();
        assert!(matches!(error, HeaderError::Truncated { .. }), "{len}: {error}");
    }
}

#[test]
fn what_is_no_model_is_called_what_it_is() {
    for (bytes, reason) in [
        (&b""[..], "it is empty"),
        (b"name: x\nfunctions: []\n", "it is a text file"),
        (b"  <!DOCTYPE html><html>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git-lfs"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "it does not begin with `GGUF`"),
        (b"GGUF\x09\0\0\0", "version 9"),
    ] {
        let error = read_bytes(bytes).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(matches!(error, HeaderError::NotAModel { .. }));
    }
}

proptest! {
    #[test]
    fn a_header_with_any_damage_is_read_or_refused(
        at in 0usize..256,
        bytes in proptest::collection::vec(any::<u8>(), 1..16),
    ) {
        let mut file = sound();
        for (offset, byte) in bytes.into_iter().enumerate() {
            if let Some(place) = file.get_mut(at + offset) {
                *place = byte;
            }
        }
        let _ = read_bytes(&file);
    }
}
