//! What goes over the wire before the protocol's library sees it: [`serve_frames`].
//!
//! The library ends the service at the first message that it cannot decode, and waits for every
//! handler when the client is gone. Here a message that is none is answered and forgotten, half of a
//! surrogate pair in a text becomes U+FFFD (editors send it between the halves of a character), and
//! the end of the input ends the service.

use std::borrow::Cow;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite,
    AsyncWriteExt as _, BufReader, DuplexStream, duplex,
};
use tokio::sync::mpsc;
use tower_lsp::jsonrpc::{Request, Response};

/// Longer messages are skipped as if their length were none.
const BODY_MAX: usize = 256 << 20;

/// The part of a line that is looked at.
const LINE_MAX: usize = 4096;

/// How long handlers may take to end once the client is gone.
const GRACE: Duration = Duration::from_secs(1);

/// Gives `service` a sound stream of messages and ends with it, or soon after the input.
pub(crate) async fn serve_frames<I, O, F>(
    input: I,
    mut output: O,
    service: impl FnOnce(DuplexStream, DuplexStream) -> F,
) where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin,
    F: Future<Output = ()>,
{
    let (to_service, service_input) = duplex(1 << 16);
    let (service_output, from_service) = duplex(1 << 16);
    let (frames, mut written) = mpsc::unbounded_channel::<Vec<u8>>();
    let refused = frames.clone();
    let reading = async move {
        forward(BufReader::new(input), to_service, &refused).await;
        tokio::time::sleep(GRACE).await;
    };
    let copying = async move {
        let mut from_service = BufReader::new(from_service);
        while let Some(body) = next_body(&mut from_service).await {
            drop(frames.send(framed(&body)));
        }
    };
    // It owns both senders of frames, so that the writing ends with it.
    let working = async move {
        tokio::select! {
            () = async move { tokio::join!(service(service_input, service_output), copying); } => {}
            () = reading => {}
        }
    };
    let writing = async {
        while let Some(frame) = written.recv().await {
            if output.write_all(&frame).await.is_err() || output.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::join!(working, writing);
}

/// Passes sound messages on until the input ends or says `exit`.
async fn forward(
    mut input: impl AsyncBufRead + Unpin,
    mut to: DuplexStream,
    refused: &mpsc::UnboundedSender<Vec<u8>>,
) {
    while let Some(body) = next_body(&mut input).await {
        let sound = std::str::from_utf8(&body).ok().map(whole_characters);
        let code = match sound {
            Some(text) if is_message(&text) => {
                if to.write_all(&framed(text.as_bytes())).await.is_err() {
                    return;
                }
                if serde_json::from_str::<Request>(&text).is_ok_and(|it| it.method() == "exit") {
                    return;
                }
                continue;
            }
            Some(text) if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() => -32600,
            _ => -32700,
        };
        let what = if code == -32700 { "Parse error" } else { "Invalid request" };
        let answer = serde_json::json!({
            "jsonrpc": "2.0", "id": null, "error": {"code": code, "message": what},
        });
        drop(refused.send(framed(answer.to_string().as_bytes())));
    }
}

fn is_message(text: &str) -> bool {
    serde_json::from_str::<Request>(text).is_ok() || serde_json::from_str::<Response>(text).is_ok()
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

/// The next body; what stands between two messages and is no header is skipped. None at the end.
async fn next_body(input: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let line = next_line(input).await?;
        let line = line.trim_ascii();
        if !line.is_empty() {
            length = content_length(line).or(length);
        } else if let Some(length) = length {
            let mut body = Vec::new();
            let read = (&mut *input).take(length as u64).read_to_end(&mut body).await.ok()?;
            return (read == length).then_some(body);
        }
    }
}

/// The length that a line states, at its end at least: a body that was longer than stated may stand
/// before it.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let at = line.windows(NAME.len()).rposition(|part| part.eq_ignore_ascii_case(NAME))?;
    let value = std::str::from_utf8(line.get(at + NAME.len()..)?).ok()?;
    value.trim().parse().ok().filter(|length| *length <= BODY_MAX)
}

/// The end of the next line. None at the end of the input.
async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let read = input.fill_buf().await.ok()?;
        if read.is_empty() {
            return None;
        }
        let end = read.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(read.len());
        line.extend_from_slice(read.get(..used)?);
        input.consume(used);
        if end.is_some() {
            return Some(line);
        }
        let surplus = line.len().saturating_sub(LINE_MAX);
        line.drain(..surplus);
    }
}

/// The JSON with each escaped half of a surrogate pair as U+FFFD.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let (length, is_half) = match unit(at) {
            Some(0xD800..=0xDBFF) => match unit(at + 6) {
                Some(0xDC00..=0xDFFF) => (12, false),
                _ => (6, true),
            },
            Some(0xDC00..=0xDFFF) => (6, true),
            Some(_) => (6, false),
            // Another escape; its second byte may be a backslash.
            None => (2, false),
        };
        if is_half {
            whole.push_str(text.get(copied..at).unwrap_or_default());
            whole.push_str("\\ufffd");
            copied = at + length;
        }
        at += length;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    whole.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_a_mark_and_a_whole_one_stays() {
        for (text, expected) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ude00\ud83d\n""#, r#""\ufffd\ufffd\n""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\u00e9é\""#, r#""\u00e9é\""#),
        ] {
            assert_eq!(whole_characters(text), expected);
        }
    }

    #[tokio::test]
    async fn messages_are_found_again_behind_what_is_none() {
        let input = "garbage\r\n\r\nContent-Length: x\r\n\r\n{}Content-Length: 2\r\n\r\n[]\
                     content-length:3\r\nContent-Type: any\r\n\r\n{1}";
        let mut input = BufReader::new(input.as_bytes());
        assert_eq!(next_body(&mut input).await.as_deref(), Some(b"[]".as_slice()));
        assert_eq!(next_body(&mut input).await.as_deref(), Some(b"{1}".as_slice()));
        assert_eq!(next_body(&mut input).await, None);
    }
}
