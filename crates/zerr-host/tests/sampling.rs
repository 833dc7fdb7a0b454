//! A real host, a real llama.cpp and a model of random weights, as a client sees them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Fixture, draws, request};
use zerr_llm::{Batching, Finish, Sampler};

#[tokio::test]
async fn sixteen_draws_come_back_each_once() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let sampler = host.sampler(&fixture.model()).await.unwrap();
    assert_eq!(sampler.model().architecture, "llama");
    assert_eq!(sampler.model().context_tokens, 512);
    assert!(sampler.model().has_chat_template);
    let drawn = support::sample(&sampler, request(draws(16), Batching::Shared)).await.unwrap();
    let indexes: Vec<u32> = drawn.keys().copied().collect();
    assert_eq!(indexes, (0..16).collect::<Vec<_>>());
    for drawn in drawn.values() {
        assert!(drawn.tokens <= 24);
        assert!(drawn.prompt_tokens > 10);
        assert!(matches!(drawn.finish, Finish::Length | Finish::EndOfTurn));
    }
    let texts: std::collections::BTreeSet<&str> =
        drawn.values().map(|drawn| drawn.text.as_str()).collect();
    assert!(texts.len() > 12, "different seeds draw different texts");
}
