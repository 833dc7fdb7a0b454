//! Continuous batching for one model: [`Scheduler`].
//!
//! Each step decodes one micro-batch: the next token of every active draw, and a chunk of the
//! prompts that are still being read. New requests join between steps. A prompt is read once; its
//! cache cells are shared by all draws of all requests with the same prompt, and the logits of its
//! last token are kept, so that starting a draw costs no decoding.
//!
//! # Invariants
//! - Requests are served in order of arrival; draws of a request in the order given.
//! - Cells are counted exactly: a step is never decoded that might not find room. Where draws turn
//!   out longer than there is room for, the youngest are put back and later drawn anew from their
//!   seeds; the oldest always goes on, so that every request ends.
//! - An exclusive request runs alone from an empty cache. What the batch then looks like is a
//!   function of the request, hence so are its samples.
//!
//! # What is known about other batch shapes
//! Floating point sums depend on their order, which depends on the number of rows in the batch and
//! on where the cells of a sequence lie. So a draw in a shared batch has the same seed and the same
//! distribution, and nearly always the same text, but where two tokens are nearly equally likely
//! (and for greedy draws of an undecided model) it may come out differently.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use llama_cpp_2::{
    context::LlamaContext, llama_batch::LlamaBatch, model::LlamaModel, token::LlamaToken,
    vocab::LlamaVocab,
};
use zerr_wire::{Batching, Done, Drawn, ErrorKind, Finish, ModelStatus, Reply, Sample, WireError};

use crate::{
    chain::{Candidates, Chain},
    context::{PROMPTS_MAX, Shape},
    prompt::Renderer,
    request::{Active, Job, Outcome, Prompt, Request},
    text::Text,
};

pub(crate) struct Scheduler<'model> {
    model: &'model LlamaModel,
    vocab: LlamaVocab<'model>,
    context: LlamaContext<'model>,
    renderer: Renderer<'model>,
    shape: Shape,
    batch: LlamaBatch<'static>,
    candidates: Candidates,
    requests: BTreeMap<u64, Request>,
    prompts: BTreeMap<u64, Prompt>,
    active: Vec<Active>,
    /// The request that has the batch for itself.
    exclusive: Option<u64>,
    cells_used: usize,
    draw_sequences: Vec<i32>,
    prompt_sequences: Vec<i32>,
    serial: u64,
}

/// Room that a new draw should find, in cells: starting more draws than there is room for costs
/// the work of those that are put back.
const HEADROOM: usize = 64;
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

impl<'model> Scheduler<'model> {
    pub(crate) fn new(
        model: &'model LlamaModel,
        context: LlamaContext<'model>,
        renderer: Renderer<'model>,
        shape: Shape,
    ) -> Self {
        let mut scheduler = Self {
            model,
            vocab: model.vocab(),
            context,
            renderer,
            batch: LlamaBatch::new(shape.batch_tokens, 1),
            shape,
            candidates: Candidates::new(),
            requests: BTreeMap::new(),
            prompts: BTreeMap::new(),
            active: Vec::new(),
            exclusive: None,
            cells_used: 0,
            draw_sequences: Vec::new(),
            prompt_sequences: Vec::new(),
            serial: 0,
        };
        scheduler.reset();
        scheduler
    }

    pub(crate) fn has_work(&self) -> bool {
        !self.requests.is_empty()
    }

    pub(crate) fn status(&self, name: &str, sha256: &str) -> ModelStatus {
        ModelStatus {
            name: name.to_owned(),
            sha256: sha256.to_owned(),
            requests: self.requests.len() as u32,
            draws_active: self.active.len() as u32,
            draws_waiting: self.requests.values().map(|request| request.pending.len() as u32).sum(),
            cells_used: self.cells_used as u32,
            cells: self.shape.cells as u32,
        }
    }

    /// Takes a request in; it begins with the next step.
    pub(crate) fn submit(&mut self, job: Job) {
        let Job { client, sample, arrived, out, busy } = job;
        let id = sample.id;
        match self.check(&sample) {
            Err(error) => drop(out.send(Reply::Error { id: Some(id), error })),
            Ok(tokens) => {
                let mut stop = sample.stop;
                stop.extend(self.renderer.extra_stop().map(str::to_owned));
                let request = Request {
                    client,
                    id,
                    tokens: tokens.into(),
                    tokens_max: sample.tokens_max,
                    stop,
                    grammar: sample.grammar,
                    batching: sample.batching,
                    prompt: None,
                    pending: sample.draws.into(),
                    active: 0,
                    generated: 0,
                    arrived,
                    progress_at: arrived,
                    out,
                    busy,
                };
                let serial = self.next_serial();
                self.requests.insert(serial, request);
                self.end_if_done(serial);
            }
        }
    }

    /// Ends a client's request; its draws come back as far as they are.
    pub(crate) fn cancel(&mut self, client: u64, id: u64) {
        let found = self
            .requests
            .iter()
            .find(|(_, request)| request.client == client && request.id == id)
            .map(|(&serial, _)| serial);
        if let Some(serial) = found {
            self.cancel_serial(serial);
        }
    }

    pub(crate) fn forget_client(&mut self, client: u64) {
        let serials: Vec<u64> = self
            .requests
            .iter()
            .filter(|(_, request)| request.client == client)
            .map(|(&serial, _)| serial)
            .collect();
        for serial in serials {
            self.cancel_serial(serial);
        }
    }

    /// Decodes one micro-batch and takes what it yields.
    pub(crate) fn step(&mut self) {
        self.admit();
        if self.active.is_empty() && self.unread_prompts().next().is_none() {
            return;
        }
        self.make_room_for_step();
        let chunks = match self.fill() {
            Ok(chunks) => chunks,
            Err(error) => return self.fail_all(&error.to_string()),
        };
        if let Err(error) = self.context.decode(&mut self.batch) {
            return self.fail_all(&error.to_string());
        }
        self.collect(&chunks);
    }

    /// The request's prompt as tokens, if it can be served at all.
    fn check(&self, sample: &Sample) -> Result<Vec<LlamaToken>, WireError> {
        let bad = |message: String| WireError::new(ErrorKind::BadRequest, message);
        let tokens = self
            .renderer
            .tokens(&sample.messages, &sample.prefill)
            .map_err(|error| bad(error.to_string()))?;
        let context = self.shape.context_tokens;
        if tokens.is_empty() {
            return Err(bad("the prompt has no tokens".into()));
        }
        if tokens.len() >= context {
            let kind =
                ErrorKind::PromptTooLong { tokens: tokens.len() as u32, context: context as u32 };
            let message = format!(
                "the prompt has {} tokens, and the model's context is {context}",
                tokens.len()
            );
            return Err(WireError::new(kind, message)
                .hint("shorten the description, or use a model with a larger context"));
        }
        if let (Some(grammar), Some(draw)) = (&sample.grammar, sample.draws.first()) {
            Chain::new(draw, Some(grammar), self.model)
                .map_err(|error| bad(format!("the grammar is wrong: {error}")))?;
        }
        Ok(tokens)
    }

    /// Lets requests in, in order of arrival, as far as there is room.
    fn admit(&mut self) {
        let serials: Vec<u64> = self.requests.keys().copied().collect();
        for serial in serials {
            if self.exclusive.is_some_and(|exclusive| exclusive != serial) {
                break;
            }
            let Some(request) = self.requests.get(&serial) else { continue };
            if request.batching == Batching::Exclusive && self.exclusive.is_none() {
                if self.prompts.values().any(|prompt| prompt.users > 0) {
                    break;
                }
                self.reset();
                self.exclusive = Some(serial);
            }
            if !self.attach_prompt(serial) || !self.start_draws(serial) {
                break;
            }
        }
    }

    /// Gives a request its prompt, new or shared. `false`: no room now.
    fn attach_prompt(&mut self, serial: u64) -> bool {
        let Some(request) = self.requests.get(&serial) else { return true };
        if request.prompt.is_some() {
            return true;
        }
        let tokens = Arc::clone(&request.tokens);
        let shared = self.prompts.iter().find(|(_, prompt)| prompt.tokens == tokens);
        let prompt_serial = if let Some((&shared, _)) = shared {
            shared
        } else {
            if !self.make_room_for_prompt(tokens.len()) {
                return false;
            }
            let Some(sequence) = self.prompt_sequences.pop() else { return false };
            // The cells are taken at once: the prompt will be read whatever else comes.
            self.cells_used += tokens.len();
            let new = self.next_serial();
            let prompt = Prompt {
                tokens,
                sequence,
                evaluated: 0,
                logits: Vec::new(),
                users: 0,
                used_at: new,
            };
            self.prompts.insert(new, prompt);
            new
        };
        let used_at = self.next_serial();
        if let Some(prompt) = self.prompts.get_mut(&prompt_serial) {
            prompt.users += 1;
            prompt.used_at = used_at;
        }
        if let Some(request) = self.requests.get_mut(&serial) {
            request.prompt = Some(prompt_serial);
        }
        true
    }

    /// Starts draws of a request whose prompt was read. `false`: no room for all of them now.
    fn start_draws(&mut self, serial: u64) -> bool {
        loop {
            let Some(request) = self.requests.get_mut(&serial) else { return true };
            let Some(prompt_serial) = request.prompt else { return true };
            let Some(prompt) = self.prompts.get_mut(&prompt_serial) else { return true };
            if prompt.logits.is_empty() || request.pending.is_empty() {
                return true;
            }
            let headroom = HEADROOM.min(request.tokens_max as usize);
            let wanted = headroom * (self.active.len() + 1);
            let is_first = self.active.is_empty();
            if self.cells_used + wanted > self.shape.cells && !is_first {
                return false;
            }
            let Some(sequence) = self.draw_sequences.pop() else { return false };
            let Some(draw) = request.pending.pop_front() else { return true };
            let chain = Chain::new(&draw, request.grammar.as_deref(), self.model);
            let copied = self.context.copy_kv_cache_seq(prompt.sequence, sequence, None, None);
            let (Ok(mut chain), Ok(())) = (chain, copied) else {
                self.draw_sequences.push(sequence);
                self.fail(serial, "a draw could not be started");
                return true;
            };
            prompt.users += 1;
            request.active += 1;
            let first = chain.choose(&prompt.logits, &mut self.candidates);
            let mut active = Active {
                request: serial,
                prompt: prompt_serial,
                draw,
                sequence,
                next: LlamaToken(0),
                position: prompt.tokens.len() as i32,
                tokens: 0,
                text: Text::default(),
                chain,
                piece: Vec::new(),
                started: Instant::now(),
            };
            let context_tokens = self.shape.context_tokens;
            let outcome = active.take(first, &self.vocab, request, context_tokens);
            match outcome {
                Outcome::GoesOn => self.active.push(active),
                Outcome::Ends(finish) => {
                    self.end_draw(active, finish);
                    self.end_if_done(serial);
                }
            }
        }
    }

    /// Puts the youngest draws back until the next token of each of the others has a cell.
    fn make_room_for_step(&mut self) {
        while self.cells_used + self.active.len() > self.shape.cells {
            if self.evict_prompt() {
                continue;
            }
            if self.active.len() <= 1 {
                return;
            }
            let Some(active) = self.active.pop() else { return };
            if let Some(request) = self.requests.get_mut(&active.request) {
                request.pending.push_front(active.draw);
                request.active -= 1;
                request.generated -= u64::from(active.tokens);
            }
            self.release_draw(&active);
        }
    }

    fn make_room_for_prompt(&mut self, tokens: usize) -> bool {
        loop {
            let wanted = self.cells_used + tokens + HEADROOM.min(self.shape.cells - tokens);
            let fits = wanted + self.active.len() * HEADROOM / 2 <= self.shape.cells;
            let alone = self.prompts.is_empty() && self.active.is_empty();
            if (fits || alone) && !self.prompt_sequences.is_empty() {
                return true;
            }
            if !self.evict_prompt() {
                return false;
            }
        }
    }

    /// Gives up the prompt that was unused for longest.
    fn evict_prompt(&mut self) -> bool {
        let unused = self.prompts.iter().filter(|(_, prompt)| prompt.users == 0);
        let Some(serial) =
            unused.min_by_key(|(_, prompt)| prompt.used_at).map(|(&serial, _)| serial)
        else {
            return false;
        };
        if let Some(prompt) = self.prompts.remove(&serial) {
            self.cells_used -= prompt.tokens.len();
            self.forget_sequence(prompt.sequence);
            self.prompt_sequences.push(prompt.sequence);
        }
        true
    }

    fn unread_prompts(&self) -> impl Iterator<Item = (&u64, &Prompt)> {
        self.prompts
            .iter()
            .filter(|(_, prompt)| prompt.users > 0 && prompt.evaluated < prompt.tokens.len())
    }

    /// Fills the batch; says which prompts have a chunk in it, and the row of each one's last token.
    fn fill(&mut self) -> Result<Vec<Chunk>, llama_cpp_2::llama_batch::BatchAddError> {
        self.batch.clear();
        for active in &self.active {
            self.batch.add(active.next, active.position, &[active.sequence], true)?;
        }
        self.cells_used += self.active.len();
        let mut room = self.shape.prompt_chunk;
        let mut chunks = Vec::new();
        for (&serial, prompt) in &self.prompts {
            if prompt.users == 0 || prompt.evaluated == prompt.tokens.len() {
                continue;
            }
            let last = prompt.tokens.len() - 1;
            let part = prompt.tokens.iter().enumerate().skip(prompt.evaluated).take(room);
            let mut tokens = 0;
            for (position, &token) in part {
                let wants_logits = position == last;
                self.batch.add(token, position as i32, &[prompt.sequence], wants_logits)?;
                tokens += 1;
            }
            room -= tokens;
            chunks.push(Chunk { prompt: serial, tokens, last_row: self.batch.n_tokens() - 1 });
            if room == 0 {
                break;
            }
        }
        Ok(chunks)
    }

    /// Takes the logits of the step that was decoded.
    fn collect(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            if let Some(prompt) = self.prompts.get_mut(&chunk.prompt) {
                prompt.evaluated += chunk.tokens;
                if prompt.evaluated == prompt.tokens.len() {
                    prompt.logits = self.context.get_logits_ith(chunk.last_row).to_vec();
                }
            }
        }
        let context_tokens = self.shape.context_tokens;
        let mut ended = Vec::new();
        for (row, active) in (0..).zip(&mut self.active) {
            let Some(request) = self.requests.get_mut(&active.request) else { continue };
            active.position += 1;
            let logits = self.context.get_logits_ith(row);
            let token = active.chain.choose(logits, &mut self.candidates);
            if let Outcome::Ends(finish) = active.take(token, &self.vocab, request, context_tokens)
            {
                ended.push((row as usize, finish));
            }
        }
        for (index, finish) in ended.into_iter().rev() {
            let active = self.active.remove(index);
            let serial = active.request;
            self.end_draw(active, finish);
            self.end_if_done(serial);
        }
        self.tell_progress();
    }

    fn tell_progress(&mut self) {
        let now = Instant::now();
        for (&serial, request) in &mut self.requests {
            if request.active == 0 || now.duration_since(request.progress_at) < PROGRESS_EVERY {
                continue;
            }
            request.progress_at = now;
            for active in self.active.iter().filter(|active| active.request == serial) {
                let (index, tokens) = (active.draw.index, active.tokens);
                drop(request.out.send(Reply::Progress { id: request.id, index, tokens }));
            }
        }
    }

    fn end_draw(&mut self, active: Active, finish: Finish) {
        self.release_draw(&active);
        if let Some(request) = self.requests.get_mut(&active.request) {
            request.active -= 1;
            request.tell_drawn(active, finish);
        }
    }

    /// Frees what a draw holds of the cache.
    fn release_draw(&mut self, active: &Active) {
        self.forget_sequence(active.sequence);
        self.draw_sequences.push(active.sequence);
        if let Some(prompt) = self.prompts.get_mut(&active.prompt) {
            prompt.users -= 1;
            self.cells_used -= active.position as usize - prompt.tokens.len();
        }
    }

    fn end_if_done(&mut self, serial: u64) {
        let is_done = |request: &Request| request.active == 0 && request.pending.is_empty();
        if self.requests.get(&serial).is_some_and(is_done)
            && let Some(request) = self.remove(serial)
        {
            let done = Done {
                id: request.id,
                prompt_tokens: request.tokens.len() as u32,
                generated_tokens: request.generated,
                ms: request.arrived.elapsed().as_millis() as u64,
            };
            drop(request.out.send(Reply::Done(done)));
        }
    }

    fn cancel_serial(&mut self, serial: u64) {
        let (mine, others) = std::mem::take(&mut self.active)
            .into_iter()
            .partition(|active: &Active| active.request == serial);
        self.active = others;
        let mine: Vec<Active> = mine;
        for active in mine {
            self.end_draw(active, Finish::Cancelled);
        }
        if let Some(request) = self.requests.get_mut(&serial) {
            for draw in std::mem::take(&mut request.pending) {
                let drawn = Drawn {
                    id: request.id,
                    index: draw.index,
                    text: String::new(),
                    finish: Finish::Cancelled,
                    tokens: 0,
                    prompt_tokens: request.tokens.len() as u32,
                    invalid_utf8: false,
                    ms: 0,
                };
                drop(request.out.send(Reply::Drawn(drawn)));
            }
        }
        self.end_if_done(serial);
    }

    fn fail(&mut self, serial: u64, message: &str) {
        let (mine, others) = std::mem::take(&mut self.active)
            .into_iter()
            .partition(|active: &Active| active.request == serial);
        self.active = others;
        let mine: Vec<Active> = mine;
        for active in mine {
            self.release_draw(&active);
        }
        if let Some(request) = self.remove(serial) {
            let error = WireError::new(ErrorKind::Internal, message);
            drop(request.out.send(Reply::Error { id: Some(request.id), error }));
        }
    }

    /// llama.cpp refused a batch: nothing in its cache is to be trusted any more.
    fn fail_all(&mut self, message: &str) {
        crate::log::line(&format!("decoding failed: {message}"));
        let serials: Vec<u64> = self.requests.keys().copied().collect();
        for serial in serials {
            self.fail(serial, &format!("llama.cpp could not decode: {message}"));
        }
        self.reset();
    }

    fn remove(&mut self, serial: u64) -> Option<Request> {
        let request = self.requests.remove(&serial)?;
        if let Some(prompt) = request.prompt.and_then(|prompt| self.prompts.get_mut(&prompt)) {
            prompt.users -= 1;
            // Half a prompt is the first to go when room is needed.
            if prompt.users == 0 && prompt.logits.is_empty() {
                prompt.used_at = 0;
            }
        }
        if self.exclusive == Some(serial) {
            self.exclusive = None;
        }
        Some(request)
    }

    /// An empty cache and everything in its first order. Only without active draws.
    fn reset(&mut self) {
        self.context.clear_kv_cache();
        self.prompts.clear();
        self.cells_used = 0;
        let draws = self.shape.draws_max as i32;
        self.draw_sequences = (0..draws).rev().collect();
        self.prompt_sequences = (draws..draws + PROMPTS_MAX as i32).rev().collect();
    }

    fn forget_sequence(&mut self, sequence: i32) {
        // Removing a whole sequence cannot fail (llama.h), and ids are small.
        let _ = self.context.kv_cache_seq_rm(sequence, None, None);
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

struct Chunk {
    prompt: u64,
    tokens: usize,
    last_row: i32,
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
