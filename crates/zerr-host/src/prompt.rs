//! From messages to tokens: [`Renderer`].
//!
//! # Invariants
//! - No text from a message or a prefill becomes a control token, whatever it says: a
//!   specification that holds `<|im_end|>` does not end the user's turn.

use llama_cpp_2::{
    model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel},
    token::LlamaToken,
    vocab::LlamaVocab,
};
use zerr_wire::{Message, Role};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PromptError {
    #[error("no messages")]
    Empty,
    #[error("the model's chat template fails: {0}")]
    Template(String),
    #[error("the model's chat template leaves out message {0}")]
    Dropped(usize),
}

/// Renders conversations for one model.
pub(crate) struct Renderer<'model> {
    model: &'model LlamaModel,
    vocab: LlamaVocab<'model>,
    template: LlamaChatTemplate,
    own_template: bool,
}

/// A piece of the prompt and who wrote it.
enum Piece<'a> {
    Template(&'a str),
    Content(&'a str),
}

impl<'model> Renderer<'model> {
    pub(crate) fn new(model: &'model LlamaModel) -> Result<Self, PromptError> {
        let chatml = LlamaChatTemplate::new("chatml")
            .map_err(|error| PromptError::Template(error.to_string()))?;
        let mut renderer =
            Self { model, vocab: model.vocab(), template: chatml, own_template: false };
        if let Ok(own) = model.chat_template(None) {
            let chatml = std::mem::replace(&mut renderer.template, own);
            let probe = Message { role: Role::User, content: String::new() };
            // llama.cpp knows templates by their looks, and not all.
            renderer.own_template = renderer.frame(&[probe]).is_ok();
            if !renderer.own_template {
                renderer.template = chatml;
            }
        }
        Ok(renderer)
    }

    pub(crate) fn has_own_template(&self) -> bool {
        self.own_template
    }

    /// A stop text for a model that was never taught the frame it is given.
    pub(crate) fn extra_stop(&self) -> Option<&'static str> {
        (!self.own_template).then_some("<|im_end|>")
    }

    pub(crate) fn tokens(
        &self,
        messages: &[Message],
        prefill: &str,
    ) -> Result<Vec<LlamaToken>, PromptError> {
        let frame = self.frame(messages)?;
        let mut pieces = Vec::with_capacity(2 * messages.len() + 2);
        let mut rest = frame.as_str();
        for (index, message) in messages.iter().enumerate() {
            let (before, after) =
                rest.split_once(&mark(index)).ok_or(PromptError::Dropped(index))?;
            pieces.push(Piece::Template(before));
            pieces.push(Piece::Content(&message.content));
            rest = after;
        }
        pieces.push(Piece::Template(rest));
        pieces.push(Piece::Content(prefill));

        // Tokenised in one go where that is safe, as the model was trained: some tokenizers put a
        // space before each separate piece.
        let harmless = pieces.iter().all(|piece| match piece {
            Piece::Template(_) => true,
            Piece::Content(text) => {
                self.tokenize(text, false, true) == self.tokenize(text, false, false)
            }
        });
        let mut tokens = if harmless {
            let whole: String = pieces.iter().map(Piece::text).collect();
            self.tokenize(&whole, true, true)
        } else {
            let mut tokens = Vec::new();
            for (index, piece) in pieces.iter().enumerate() {
                let is_template = matches!(piece, Piece::Template(_));
                tokens.extend(self.tokenize(piece.text(), index == 0, is_template));
            }
            tokens
        };
        // Some templates write the first token that the tokenizer adds as well.
        let bos = self.vocab.bos();
        if tokens.first() == Some(&bos) && tokens.get(1) == Some(&bos) {
            tokens.remove(0);
        }
        Ok(tokens)
    }

    /// The template around marks instead of the messages' texts.
    fn frame(&self, messages: &[Message]) -> Result<String, PromptError> {
        if messages.is_empty() {
            return Err(PromptError::Empty);
        }
        let fails = |error: &dyn std::fmt::Display| PromptError::Template(error.to_string());
        let mut chat = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            let message = LlamaChatMessage::new(role.to_owned(), mark(index))
                .map_err(|error| fails(&error))?;
            chat.push(message);
        }
        self.model.apply_chat_template(&self.template, &chat, true).map_err(|error| fails(&error))
    }

    fn tokenize(&self, text: &str, add_special: bool, parse_special: bool) -> Vec<LlamaToken> {
        if text.is_empty() && !add_special {
            return Vec::new();
        }
        self.vocab.tokenize(text.as_bytes(), add_special, parse_special)
    }
}

impl Piece<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Template(text) | Self::Content(text) => text,
        }
    }
}

/// Stands for a message's text while the template is applied. Templates trim white space, and
/// nothing writes these control characters.
fn mark(index: usize) -> String {
    format!("\u{2}{index}\u{3}")
}
