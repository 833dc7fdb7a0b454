//! Examples that the model proposes for a function, voted on: [`Engine::propose_examples`].

use std::sync::Arc;

use zerr_core::prompt::{self, Role};
use zerr_core::proposal::{Ballot, Proposal, parse_examples};
use zerr_core::run::RunConfig;
use zerr_core::spec::FunctionSpec;
use zerr_core::vote::Margin;

use crate::card::Card;
use crate::engine::Engine;
use crate::error::EngineError;

/// What votes made of the replies.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The examples that lead, most votes first. Nobody has confirmed them.
    pub proposals: Vec<Proposal>,
    /// Replies that were drawn.
    pub samples: u32,
    /// Replies that were no examples.
    pub red_flags: u32,
    /// By how many votes an example had to lead; `None` where p is not above one half, and then
    /// nothing is proposed.
    pub k: Option<u32>,
}

impl Engine {
    /// Draws `samples` replies of role `examples` and counts them.
    ///
    /// # Errors
    /// A model that was not made for it, or that cannot be asked.
    pub fn propose_examples(
        &self,
        function: &FunctionSpec,
        config: &RunConfig,
        samples: u32,
    ) -> Result<Proposed, EngineError> {
        let sampler = self.sampler(&mut |_| {})?;
        let card = Card::of(sampler.model().card.as_ref());
        if card.as_ref().is_some_and(|card| !card.plays(Role::Examples)) {
            let model = sampler.model().name.clone();
            return Err(EngineError::OtherRole { model, role: Role::Examples.name() });
        }
        let mut config = config.clone();
        if let Some(card) = &card {
            config.priors = card.priors();
        }
        let prior = config.prior(Role::Examples.name(), Some(function.signature.language));
        // A card's p is of whole replies, and lines vote: where a reply is more often wrong than right, a
        // line has to lead by half of all replies.
        let by_half = || Margin::new(samples.div_ceil(2));
        let margin = Margin::for_target(prior.p, 1, config.target).ok().or_else(by_half);
        let prompt = Arc::new(prompt::examples(function));
        let subject = format!("{}:{}", Role::Examples.name(), function.name);
        let mut ballot = Ballot::default();
        for reply in self.replies(&subject, &prompt, &config, samples)? {
            ballot.count(parse_examples(function, &prompt, &reply));
        }
        Ok(Proposed {
            proposals: margin.map_or_else(Vec::new, |margin| ballot.leading(margin)),
            samples,
            red_flags: ballot.red_flags,
            k: margin.map(Margin::get),
        })
    }
}
