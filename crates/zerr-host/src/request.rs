//! What a scheduler keeps of a client's request: [`Request`], its [`Prompt`], and each [`Active`]
//! draw.

use std::{
    collections::VecDeque,
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use llama_cpp_2::{token::LlamaToken, vocab::LlamaVocab};
use zerr_wire::{Batching, Draw, Drawn, Finish, Reply, Sample};

use crate::{activity::Busy, chain::Chain, text::Text};

/// A sample request on its way, with where its replies go.
pub(crate) struct Job {
    pub(crate) client: u64,
    pub(crate) sample: Sample,
    pub(crate) arrived: Instant,
    pub(crate) out: Sender<Reply>,
    pub(crate) busy: Busy,
}

pub(crate) struct Request {
    pub(crate) client: u64,
    pub(crate) id: u64,
    pub(crate) tokens: Arc<[LlamaToken]>,
    pub(crate) tokens_max: u32,
    pub(crate) stop: Vec<String>,
    pub(crate) grammar: Option<String>,
    pub(crate) batching: Batching,
    /// Set once the request was admitted.
    pub(crate) prompt: Option<u64>,
    pub(crate) pending: VecDeque<Draw>,
    pub(crate) active: usize,
    pub(crate) generated: u64,
    pub(crate) arrived: Instant,
    pub(crate) progress_at: Instant,
    pub(crate) out: Sender<Reply>,
    /// Keeps the host from leaving while this lives.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(crate) busy: Busy,
}

pub(crate) struct Prompt {
    pub(crate) tokens: Arc<[LlamaToken]>,
    pub(crate) sequence: i32,
    /// How many of the tokens are in the cache.
    pub(crate) evaluated: usize,
    /// Of the last token; empty until it was evaluated.
    pub(crate) logits: Vec<f32>,
    /// Requests and active draws. At zero the prompt stays until its room is needed.
    pub(crate) users: usize,
    pub(crate) used_at: u64,
}

pub(crate) struct Active {
    pub(crate) request: u64,
    pub(crate) prompt: u64,
    pub(crate) draw: Draw,
    pub(crate) sequence: i32,
    /// Chosen, and not decoded yet.
    pub(crate) next: LlamaToken,
    pub(crate) position: i32,
    pub(crate) tokens: u32,
    pub(crate) text: Text,
    pub(crate) chain: Chain,
    pub(crate) piece: Vec<u8>,
    pub(crate) started: Instant,
}

/// What became of a draw with its newest token.
pub(crate) enum Outcome {
    GoesOn,
    Ends(Finish),
}

impl Active {
    /// Adds a token that was chosen, and decides whether the draw ends with it.
    pub(crate) fn take(
        &mut self,
        token: Option<LlamaToken>,
        vocab: &LlamaVocab<'_>,
        request: &mut Request,
        context_tokens: usize,
    ) -> Outcome {
        // A grammar that allows nothing more is an end like the model's own.
        let Some(token) = token else { return Outcome::Ends(Finish::EndOfTurn) };
        if vocab.is_eog(token) {
            return Outcome::Ends(Finish::EndOfTurn);
        }
        self.next = token;
        self.tokens += 1;
        request.generated += 1;
        self.piece.clear();
        vocab.token_to_piece_into(token, &mut self.piece, false, None);
        if self.text.push(&self.piece, &request.stop) {
            return Outcome::Ends(Finish::Stop);
        }
        if self.tokens >= request.tokens_max {
            return Outcome::Ends(Finish::Length);
        }
        if self.position as usize >= context_tokens {
            return Outcome::Ends(Finish::Context);
        }
        Outcome::GoesOn
    }
}

impl Request {
    pub(crate) fn tell_drawn(&self, active: Active, finish: Finish) {
        let finished = active.text.finish(finish);
        let drawn = Drawn {
            id: self.id,
            index: active.draw.index,
            text: finished.text,
            finish,
            tokens: active.tokens,
            prompt_tokens: self.tokens.len() as u32,
            invalid_utf8: finished.invalid_utf8,
            ms: active.started.elapsed().as_millis() as u64,
        };
        drop(self.out.send(Reply::Drawn(drawn)));
    }
}
