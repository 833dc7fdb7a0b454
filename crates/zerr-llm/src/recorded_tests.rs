//! A recording answers like a model that always says what was recorded.
#![allow(clippy::unwrap_used, reason = "tests")]

use tokio::sync::mpsc;
use zerr_wire::Draw;

use super::*;
use crate::Batching;

fn request(subject: &str, indexes: &[u32]) -> SampleRequest {
    SampleRequest {
        subject: subject.into(),
        messages: Vec::new(),
        prefill: "```rust\n".into(),
        draws: indexes
            .iter()
            .map(|&index| Draw { index, seed: index, temperature: 1.0, top_p: 1.0 })
            .collect(),
        tokens_max: 64,
        stop: vec!["\n```".into(), "\nfn".into()],
        grammar: None,
        batching: Batching::Shared,
    }
}

async fn texts(
    sampler: &RecordedSampler,
    request: SampleRequest,
) -> (Vec<(u32, String, Finish)>, Result<(), SampleError>) {
    let (sink, mut events) = mpsc::unbounded_channel();
    let result = sampler.sample(request, sink, CancellationToken::new()).await;
    let mut texts = Vec::new();
    while let Some(event) = events.recv().await {
        if let SampleEvent::Drawn(drawn) = event {
            texts.push((drawn.index, drawn.text, drawn.finish));
        }
    }
    (texts, result)
}

#[tokio::test]
async fn samples_are_found_by_task_and_by_entry_point_and_numbered_by_index() {
    let lines = "{\"task_id\":\"T/1\",\"entry_point\":\"f\",\"model\":\"m\",\"samples\":[\"a\",{\"text\":\"b\"}]}\n\n\
                 {\"task_id\":\"T/2\",\"entry_point\":\"f\",\"samples\":[\"c\"]}\n";
    let sampler = RecordedSampler::from_lines(lines.as_bytes()).unwrap();
    assert_eq!(sampler.model().name, "recorded m");
    for subject in ["T/1", "f"] {
        let (texts, result) = texts(&sampler, request(subject, &[1, 0])).await;
        result.unwrap();
        let expected = [(1, "b".into(), Finish::EndOfTurn), (0, "a".into(), Finish::EndOfTurn)];
        assert_eq!(texts, expected);
    }
    assert_eq!(texts(&sampler, request("T/2", &[0])).await.0[0].1, "c");
    let missing = texts(&sampler, request("g", &[0])).await.1;
    assert!(matches!(missing, Err(SampleError::NotRecorded { .. })));
}

#[tokio::test]
async fn what_else_was_asked_for_a_task_is_none_of_its_samples() {
    let lines = "\u{feff}{\"task_id\":\"T/1\",\"entry_point\":\"f\",\"language\":\"python\",\"prompt\":\"p\",\"samples\":[\"a\"]}\n\
                 {\"task_id\":\"T/1\",\"entry_point\":\"f\",\"role\":\"describe-python\",\"samples\":[\"b\"]}\n";
    let sampler = RecordedSampler::from_lines(lines.as_bytes()).unwrap();
    let expected = ["T/1", "describe-python:T/1", "describe-python:f", "python:f"];
    assert_eq!(sampler.subjects().collect::<Vec<_>>(), expected);
    assert_eq!(texts(&sampler, request("T/1", &[0])).await.0[0].1, "a");
    let beyond = texts(&sampler, request("T/1", &[1])).await.1;
    assert!(matches!(beyond, Err(SampleError::RecordingExhausted { available: 1, .. })));
}

#[tokio::test]
async fn a_sample_ends_before_the_first_stop_text_and_does_not_repeat_the_prefill() {
    let sampler = RecordedSampler::scripted(["```rust\nfn f() {}\nfn g() {}\n```"]);
    let (texts, _) = texts(&sampler, request("any", &[0])).await;
    assert_eq!(texts, [(0, "fn f() {}".into(), Finish::Stop)]);
}

#[tokio::test]
async fn a_sample_loses_the_fence_where_its_head_is_not_the_prefilled_one() {
    for (sample, delivered) in [
        ("```rust\nfn f() {\n    1\n}\n```", "    1\n}"),
        ("```rust\nfn g() {\n    1\n}\n```", "fn g() {\n    1\n}"),
        ("fn f() {\n    1\n}", "fn f() {\n    1\n}"),
    ] {
        let sampler = RecordedSampler::scripted([sample]);
        let mut request = request("any", &[0]);
        request.prefill.push_str("fn f() {\n");
        assert_eq!(texts(&sampler, request).await.0[0].1, delivered);
    }
}

#[tokio::test]
async fn running_out_of_samples_is_told_after_those_that_are_there() {
    let sampler = RecordedSampler::scripted(["a"]);
    let (texts, result) = texts(&sampler, request("any", &[0, 1])).await;
    assert_eq!(texts.len(), 1);
    assert!(matches!(result, Err(SampleError::RecordingExhausted { available: 1, .. })));
}

#[tokio::test]
async fn a_cancelled_request_delivers_nothing_more() {
    let sampler = RecordedSampler::scripted(["a"]);
    let (sink, mut events) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let result = sampler.sample(request("any", &[0]), sink, cancel).await;
    assert!(matches!(result, Err(SampleError::Cancelled)));
    assert!(events.recv().await.is_none());
}

#[test]
fn a_bad_line_is_named() {
    let error = RecordedSampler::from_lines("{\"task_id\":\"a\",\"samples\":[]}\nno".as_bytes());
    assert!(matches!(error, Err(SampleError::Recording { line: 2, .. })));
}
