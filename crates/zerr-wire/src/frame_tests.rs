//! What crosses the socket stays itself, and what is not a message is an error.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::{Batching, Draw, ErrorKind, Message, Reply, Request, Role, Sample, WireError};

fn sample(text: &str, temperature: f32) -> Request {
    Request::Sample(Sample {
        id: 7,
        model: "ab".into(),
        messages: vec![Message { role: Role::User, content: text.into() }],
        prefill: "```rust\n".into(),
        draws: vec![Draw { index: 0, seed: u32::MAX, temperature, top_p: 1.0 }],
        tokens_max: 1,
        stop: vec!["\n```".into()],
        grammar: None,
        batching: Batching::Exclusive,
    })
}

proptest! {
    #[test]
    fn any_text_survives_the_wire_on_one_line(text in any::<String>(), temperature in 0f32..2.0) {
        let request = sample(&text, temperature);
        let line = encode(&request).unwrap();
        prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
        prop_assert_eq!(decode::<Request>(&line).unwrap(), request);
    }

    #[test]
    fn any_bytes_decode_or_fail(bytes in any::<Vec<u8>>()) {
        let _ = decode::<Request>(&bytes);
        let mut line = Vec::new();
        let mut reader = Cursor::new(&bytes);
        while let Ok(true) = read_line(&mut reader, &mut line) {}
    }
}

#[test]
fn an_error_kind_keeps_its_fields() {
    let kind = ErrorKind::PromptTooLong { tokens: 9, context: 8 };
    let reply = Reply::Error { id: Some(3), error: WireError::new(kind, "m").hint("h") };
    let line = encode(&reply).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&line),
        "{\"reply\":\"error\",\"id\":3,\"error\":{\"kind\":\"prompt_too_long\",\"tokens\":9,\
         \"context\":8,\"message\":\"m\",\"hint\":\"h\"}}\n"
    );
    assert_eq!(decode::<Reply>(&line).unwrap(), reply);
}

#[test]
fn an_endless_line_is_refused_without_being_read() {
    let mut reader = io::BufReader::new(io::repeat(b'x'));
    let mut line = Vec::new();
    assert!(matches!(read_line(&mut reader, &mut line), Err(FrameError::TooLong)));
    assert!(line.len() <= LINE_BYTES_MAX);
}

#[test]
fn a_line_without_end_is_cut() {
    let mut line = Vec::new();
    let mut reader = Cursor::new(b"{}\n{\"request\"");
    assert!(read_line(&mut reader, &mut line).unwrap());
    assert!(matches!(read_line(&mut reader, &mut line), Err(FrameError::Cut)));
}

#[test]
fn a_message_too_long_to_read_is_not_sent() {
    let text = "x".repeat(LINE_BYTES_MAX);
    assert!(matches!(encode(&sample(&text, 0.0)), Err(FrameError::TooLong)));
}
