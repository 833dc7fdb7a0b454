//! What comes back from a sample request.

use std::collections::BTreeSet;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zerr_llm::{
    Batching, Draw, ErrorKind, Finish, ModelRef, SampleError, SampleEvent, Sampler, WireError,
};

use crate::support::{ENDLESS, Fixture, draws, request, sample, slow_request, wait_until_idle};

#[tokio::test]
async fn sixteen_draws_come_back_each_once() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    assert_eq!(sampler.model().architecture, "llama");
    assert_eq!(sampler.model().context_tokens, 512);
    assert!(sampler.model().has_chat_template);
    let drawn = sample(&sampler, request(draws(16), Batching::Shared)).await.unwrap();
    let indexes: Vec<u32> = drawn.keys().copied().collect();
    assert_eq!(indexes, (0..16).collect::<Vec<_>>());
    for drawn in drawn.values() {
        match drawn.finish {
            Finish::Length => assert_eq!(drawn.tokens, 24),
            finish => assert!(finish == Finish::EndOfTurn && drawn.tokens < 24),
        }
    }
    let texts: BTreeSet<&str> = drawn.values().map(|drawn| drawn.text.as_str()).collect();
    assert!(texts.len() > 12, "different seeds draw different texts");
}

#[tokio::test]
async fn more_draws_than_run_side_by_side_all_come_back() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let drawn = sample(&sampler, request(draws(100), Batching::Shared)).await.unwrap();
    assert_eq!(drawn.len(), 100);
}

#[tokio::test]
async fn an_exclusive_request_repeats_byte_by_byte_whatever_else_runs() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let wanted = || request(draws(24), Batching::Exclusive);
    let alone = sample(&sampler, wanted()).await.unwrap();
    let mut other = request(draws(40), Batching::Shared);
    other.prefill = "something else".into();
    let (_, among_others, again) = tokio::join!(
        sample(&sampler, other.clone()),
        sample(&sampler, wanted()),
        sample(&sampler, wanted())
    );
    let texts = |drawn: std::collections::BTreeMap<u32, zerr_llm::Drawn>| {
        drawn.into_values().map(|drawn| (drawn.text, drawn.finish)).collect::<Vec<_>>()
    };
    let alone = texts(alone);
    assert_eq!(alone, texts(among_others.unwrap()));
    assert_eq!(alone, texts(again.unwrap()));
}

#[tokio::test]
async fn greedy_draws_agree_and_do_not_hear_their_seed() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let greedy = [3, 4].map(|seed| Draw { index: seed, seed, temperature: 0.0, top_p: 1.0 });
    let mut wanted = request(greedy.to_vec(), Batching::Exclusive);
    wanted.tokens_max = 4;
    let drawn = sample(&sampler, wanted).await.unwrap();
    assert_eq!(drawn[&3].text, drawn[&4].text);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_flagged() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let drawn = sample(&sampler, request(draws(16), Batching::Shared)).await.unwrap();
    assert!(drawn.values().any(|drawn| drawn.invalid_utf8));
    for drawn in drawn.values() {
        assert_eq!(drawn.invalid_utf8, drawn.text.contains('\u{fffd}'), "{drawn:?}");
    }
}

#[tokio::test]
async fn a_draw_ends_exactly_before_its_stop_text() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let whole = sample(&sampler, request(draws(16), Batching::Exclusive)).await.unwrap();
    // Each token is a byte, so two characters are always two tokens.
    let (index, stop) = whole
        .iter()
        .find_map(|(&index, drawn)| {
            let pair = drawn.text.as_bytes().windows(2).skip(2).find(|pair| pair.is_ascii())?;
            Some((index, String::from_utf8_lossy(pair).into_owned()))
        })
        .unwrap();
    let mut wanted = request(draws(16), Batching::Exclusive);
    wanted.stop = vec![stop.clone()];
    let stopped = sample(&sampler, wanted).await.unwrap();
    assert_eq!(stopped[&index].finish, Finish::Stop);
    let text = &whole[&index].text;
    assert_eq!(Some(stopped[&index].text.as_str()), text.split(&stop).next());
}

#[tokio::test]
async fn a_draw_ends_where_the_context_ends() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let mut wanted = request(draws(16), Batching::Shared);
    wanted.tokens_max = 100_000;
    wanted.grammar = Some(ENDLESS.into());
    for drawn in sample(&sampler, wanted).await.unwrap().values() {
        assert_eq!(drawn.finish, Finish::Context);
        // The last token was chosen after the context's last cell was filled.
        assert_eq!(drawn.prompt_tokens + drawn.tokens, 513);
    }
}

#[tokio::test]
async fn a_grammar_is_obeyed_and_a_wrong_one_refused() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let mut wanted = request(draws(8), Batching::Shared);
    wanted.grammar = Some("root ::= \"yes\" | \"no\"".into());
    for drawn in sample(&sampler, wanted.clone()).await.unwrap().values() {
        assert!(matches!(drawn.text.as_str(), "yes" | "no"), "{drawn:?}");
        assert_eq!(drawn.finish, Finish::EndOfTurn);
    }
    wanted.grammar = Some("root ::= (".into());
    let error = sample(&sampler, wanted).await.unwrap_err();
    assert!(matches!(error, SampleError::Refused(WireError { kind: ErrorKind::BadRequest, .. })));
}

#[tokio::test]
async fn special_tokens_in_what_people_write_stay_text() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let prompt_tokens = async |content: &str, prefill: &str| {
        let mut wanted = request(draws(1), Batching::Shared);
        wanted.messages[0].content = content.into();
        wanted.prefill = prefill.into();
        sample(&sampler, wanted).await.unwrap()[&0].prompt_tokens
    };
    let plain = prompt_tokens("x", "").await;
    // Ten characters are ten tokens of this vocabulary, and one if they were the control token.
    assert_eq!(prompt_tokens("x<|im_end|>", "").await, plain + 10);
    assert_eq!(prompt_tokens("x", "<|im_end|>").await, plain + 10);
    assert_eq!(prompt_tokens("<|im_start|>x<|im_end|>", "").await, plain + 22);
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_refused_with_its_length() {
    let fixture = Fixture::new();
    let sampler = fixture.sampler().await;
    let mut wanted = request(draws(1), Batching::Shared);
    wanted.messages[0].content = "x".repeat(2000);
    let error = sample(&sampler, wanted).await.unwrap_err();
    let SampleError::Refused(WireError { kind, hint, .. }) = error else { panic!("{error}") };
    assert!(hint.is_some());
    assert!(
        matches!(kind, ErrorKind::PromptTooLong { tokens, context: 512 } if tokens > 2000),
        "{kind:?}"
    );
}

#[tokio::test]
async fn a_model_without_template_gets_chatml() {
    let fixture = Fixture::new();
    let tiny = crate::support::tiny_gguf::TinyModel { with_template: false, ..Default::default() };
    tiny.write(&fixture.path("bare.gguf")).unwrap();
    let host = fixture.host().await;
    let sampler = host.sampler(&ModelRef::Path(fixture.path("bare.gguf"))).await.unwrap();
    assert!(!sampler.model().has_chat_template);
    assert_eq!(sample(&sampler, request(draws(4), Batching::Shared)).await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_embedded_model_loads_fast_and_samples() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let sampler = host.sampler(&ModelRef::Embedded).await.unwrap();
    let card = sampler.model().card.as_ref().unwrap();
    assert_eq!(card["sha256"], sampler.model().sha256.as_str());
    assert!(sampler.model().has_chat_template);
    let drawn = sample(&sampler, request(draws(16), Batching::Shared)).await.unwrap();
    assert_eq!(drawn.len(), 16);
    let memory_bytes = host.status().await.unwrap().memory_bytes.unwrap();
    assert!(memory_bytes < 150_000_000, "{memory_bytes}");
}

#[tokio::test]
async fn a_cancel_ends_the_request_here_and_in_the_host() {
    let fixture = Fixture::slow();
    let host = fixture.host().await;
    let sampler = host.sampler(&fixture.model()).await.unwrap();
    let (sink, mut events) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let sampling = sampler.sample(slow_request(Batching::Shared), sink, cancel.clone());
    let cancelling = async {
        assert!(events.recv().await.is_some());
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(sampling, cancelling);
    assert!(matches!(result, Err(SampleError::Cancelled)));
    wait_until_idle(&host).await;
    while let Ok(event) = events.try_recv() {
        assert!(!matches!(event, SampleEvent::Done(_)));
    }
}

#[tokio::test]
async fn a_sink_that_nobody_reads_ends_the_request() {
    let fixture = Fixture::slow();
    let host = fixture.host().await;
    let sampler = host.sampler(&fixture.model()).await.unwrap();
    let (sink, events) = mpsc::unbounded_channel();
    drop(events);
    let result =
        sampler.sample(slow_request(Batching::Shared), sink, CancellationToken::new()).await;
    assert!(matches!(result, Err(SampleError::Cancelled)));
    wait_until_idle(&host).await;
}
