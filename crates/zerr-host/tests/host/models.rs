//! Files that are no usable model: each is refused in words, and the host lives on.

use std::fs;

use zerr_llm::{ErrorKind, Host, ModelRef, SampleError, WireError};

use crate::support::{Fixture, tiny_gguf::TinyModel};

/// What the host says to a file of that name and content.
async fn refusal(fixture: &Fixture, host: &Host, name: &str, bytes: Option<&[u8]>) -> WireError {
    let path = fixture.path(name);
    if let Some(bytes) = bytes {
        fs::write(&path, bytes).unwrap();
    }
    let error = host.sampler(&ModelRef::Path(path)).await.unwrap_err();
    assert!(error.is_about_model(), "{error}");
    let SampleError::Refused(error) = error else { panic!("{error}") };
    assert!(error.message.contains(name) && error.hint.is_some(), "{error:?}");
    error
}

#[tokio::test]
async fn every_unusable_file_is_refused_for_its_own_reason() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let pid = host.welcome().await.unwrap().pid;
    let sound = TinyModel::default().bytes();

    let error = refusal(&fixture, &host, "missing.gguf", None).await;
    assert_eq!(error.kind, ErrorKind::ModelMissing);
    let error = refusal(&fixture, &host, "text.gguf", Some(b"name: hello\n")).await;
    assert_eq!(error.kind, ErrorKind::NotAModel);
    let error = refusal(&fixture, &host, "empty.gguf", Some(b"")).await;
    assert_eq!(error.kind, ErrorKind::NotAModel);
    for part in [2, 3, 50] {
        let cut = &sound[..sound.len() - sound.len() / part];
        let error = refusal(&fixture, &host, "cut.gguf", Some(cut)).await;
        assert_eq!(error.kind, ErrorKind::ModelTruncated);
    }
    let martian = TinyModel { architecture: "martian", ..TinyModel::default() }.bytes();
    let error = refusal(&fixture, &host, "martian.gguf", Some(&martian)).await;
    assert_eq!(error.kind, ErrorKind::ModelUnknownArchitecture { architecture: "martian".into() });
    let bert = TinyModel { architecture: "bert", ..TinyModel::default() }.bytes();
    let error = refusal(&fixture, &host, "bert.gguf", Some(&bert)).await;
    assert_eq!(error.kind, ErrorKind::ModelUnsuitable);
    // The header is sound, and llama.cpp misses a tensor.
    let mut renamed = sound.clone();
    let at = sound.windows(12).position(|name| name == b"blk.1.ffn_up").unwrap();
    renamed[at..at + 12].copy_from_slice(b"blk.1.ffn_xx");
    let error = refusal(&fixture, &host, "renamed.gguf", Some(&renamed)).await;
    assert_eq!(error.kind, ErrorKind::ModelUnsuitable);

    assert_eq!(host.welcome().await.unwrap().pid, pid, "the host lives on");
    host.sampler(&fixture.model()).await.unwrap();
}

#[tokio::test]
async fn a_card_beside_the_file_belongs_to_the_model() {
    let fixture = Fixture::new();
    fs::write(fixture.path("tiny.gguf.card.json"), "{\"p\":0.5}").unwrap();
    let sampler = fixture.sampler().await;
    assert_eq!(zerr_llm::Sampler::model(&sampler).card.as_ref().unwrap()["p"], 0.5);
}

#[tokio::test]
async fn more_models_than_stay_loaded_can_be_used_in_turn() {
    let fixture = Fixture::new();
    let host = fixture.host().await;
    let mut samplers = Vec::new();
    for layers in 1..=5 {
        let path = fixture.path(&format!("{layers}.gguf"));
        TinyModel { layers, ..TinyModel::default() }.write(&path).unwrap();
        samplers.push(host.sampler(&ModelRef::Path(path)).await.unwrap());
    }
    assert!(host.status().await.unwrap().models.len() < 5);
    for sampler in &samplers {
        let request = crate::support::request(crate::support::draws(2), zerr_llm::Batching::Shared);
        assert_eq!(crate::support::sample(sampler, request).await.unwrap().len(), 2);
    }
}
