//! Where there is less room than the draws want, they still all end, and no cell is lost.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::mpsc::{self, Sender};

use zerr_wire::{Draw, Message, Role};

use super::*;
use crate::{activity::Activity, context, llama};

#[path = "../tests/host/support/tiny_gguf.rs"]
mod tiny_gguf;

/// A grammar without end, so that each draw takes all the tokens it may.
fn job(id: u64, draws: u32, out: &Sender<Reply>) -> Job {
    let draw = |index| Draw { index, seed: index, temperature: 1.0, top_p: 0.9 };
    let sample = Sample {
        id,
        model: String::new(),
        messages: vec![Message { role: Role::User, content: format!("prompt {id}") }],
        prefill: String::new(),
        draws: (0..draws).map(draw).collect(),
        tokens_max: 100,
        stop: Vec::new(),
        grammar: Some("root ::= [a-z] root".into()),
        batching: Batching::Shared,
    };
    let busy = Activity::new().busy();
    Job { client: 1, sample, arrived: Instant::now(), out: out.clone(), busy }
}

#[test]
fn draws_that_outgrow_the_cache_are_put_back_and_all_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    tiny_gguf::TinyModel::default().write(&path).unwrap();
    let backend = llama::backend().unwrap();
    let model = LlamaModel::load_from_file(backend, &path, &llama::model_params()).unwrap();
    // Room for two prompts and four draws at their longest; eight are started.
    let shape = Shape { cells: 512, context_tokens: 512, ..Shape::of(&model, false) };
    let context = context::new(&model, backend, shape, 1).unwrap();
    let renderer = Renderer::new(&model).unwrap();
    let mut scheduler = Scheduler::new(&model, context, renderer, shape);
    let (out, replies) = mpsc::channel();
    scheduler.submit(job(1, 8, &out));
    scheduler.submit(job(2, 8, &out));
    let mut most_active = 0;
    while scheduler.has_work() {
        scheduler.step();
        assert!(scheduler.cells_used <= shape.cells);
        most_active = most_active.max(scheduler.active.len());
    }
    assert!(most_active > 4, "more were started than there was room for: {most_active}");
    let mut drawn = 0;
    for reply in replies.try_iter() {
        match reply {
            Reply::Drawn(one) => {
                assert_eq!((one.tokens, one.finish), (100, Finish::Length));
                assert_eq!(one.text.len(), 100);
                drawn += 1;
            }
            Reply::Done(done) => assert_eq!(done.generated_tokens, 800),
            Reply::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(drawn, 16);
    let prompts: usize = scheduler.prompts.values().map(|prompt| prompt.tokens.len()).sum();
    assert_eq!(scheduler.cells_used, prompts);
    assert_eq!(scheduler.draw_sequences.len(), shape.draws_max);
}
