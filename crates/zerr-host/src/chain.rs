//! How one draw chooses its tokens: [`Chain`], a sampler of llama.cpp's over one row of logits.

use llama_cpp_2::{
    GrammarError,
    model::LlamaModel,
    sampling::LlamaSampler,
    token::{LlamaToken, data::LlamaTokenData, data_array::LlamaTokenDataArray},
};
use zerr_wire::Draw;

pub(crate) struct Chain {
    sampler: Option<LlamaSampler>,
    has_grammar: bool,
}

/// Scratch room for one row, used again for every token: a vocabulary may have 150,000 pieces.
pub(crate) struct Candidates(LlamaTokenDataArray);

impl Candidates {
    pub(crate) fn new() -> Self {
        Self(LlamaTokenDataArray::new(Vec::new(), false))
    }
}

impl Chain {
    pub(crate) fn new(
        draw: &Draw,
        grammar: Option<&str>,
        model: &LlamaModel,
    ) -> Result<Self, GrammarError> {
        let grammar =
            grammar.map(|grammar| LlamaSampler::grammar(model, grammar, "root")).transpose()?;
        let has_grammar = grammar.is_some();
        let greedy = draw.temperature <= 0.0;
        if greedy && !has_grammar {
            return Ok(Self { sampler: None, has_grammar });
        }
        let mut samplers = Vec::with_capacity(4);
        samplers.extend(grammar);
        if greedy {
            samplers.push(LlamaSampler::greedy());
        } else {
            // At 1 it would keep everything, after sorting it.
            if draw.top_p < 1.0 {
                samplers.push(LlamaSampler::top_p(draw.top_p, 1));
            }
            samplers.push(LlamaSampler::temp(draw.temperature));
            samplers.push(LlamaSampler::dist(seed(draw.seed)));
        }
        Ok(Self { sampler: Some(LlamaSampler::chain(samplers, true)), has_grammar })
    }

    /// The next token, given the logits of the whole vocabulary. `None`: nothing can follow.
    pub(crate) fn choose(
        &mut self,
        logits: &[f32],
        Candidates(candidates): &mut Candidates,
    ) -> Option<LlamaToken> {
        let Some(sampler) = &mut self.sampler else {
            return argmax(logits);
        };
        candidates.data.clear();
        candidates.data.extend(
            (0..).zip(logits).map(|(id, &logit)| LlamaTokenData::new(LlamaToken(id), logit, 0.0)),
        );
        candidates.selected = None;
        candidates.sorted = false;
        candidates.apply_sampler(sampler);
        let token = candidates.selected_token()?;
        if self.has_grammar {
            // A grammar that allows nothing leaves minus infinity everywhere; going on would abort.
            let chosen = candidates.data.get(candidates.selected?)?;
            if chosen.logit() == f32::NEG_INFINITY {
                return None;
            }
            sampler.accept(token);
        }
        Some(token)
    }
}

/// The first of the largest; NaN never wins.
fn argmax(logits: &[f32]) -> Option<LlamaToken> {
    let mut best: Option<(i32, f32)> = None;
    for (id, &logit) in (0..).zip(logits) {
        if !logit.is_nan() && best.is_none_or(|(_, best)| logit > best) {
            best = Some((id, logit));
        }
    }
    best.map(|(id, _)| LlamaToken(id))
}

/// llama.cpp takes this one seed for "at random", which no draw here ever is.
fn seed(seed: u32) -> u32 {
    const RANDOM: u32 = u32::MAX;
    if seed == RANDOM { 0x9e37_79b9 } else { seed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_wins_and_nan_never_does() {
        assert_eq!(argmax(&[1.0, 3.0, f32::NAN, 3.0]), Some(LlamaToken(1)));
        assert_eq!(argmax(&[f32::NAN, f32::NEG_INFINITY]), Some(LlamaToken(1)));
        assert_eq!(argmax(&[f32::NAN]), None);
    }

    #[test]
    fn no_seed_means_random() {
        assert_ne!(seed(u32::MAX), u32::MAX);
        assert_eq!(seed(7), 7);
    }
}
