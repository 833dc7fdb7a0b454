//! How sure a settled race is, by the agreement of its candidates ([`of`]), and what they have most in
//! common where no class leads ([`consensus`]).

use crate::run::step::{Judged, Step};
use crate::select::{self, BESIDE_OPEN, Method, Pool, choose};

/// From 0 to 1, comparable between runs of one kind and no probability: how far the candidates that meet
/// the examples agree with the winner ([`Method::FilterSoft`]), times their share of the counted draws.
/// A race without a rival is as sure as can be, however short it was; half as sure is one whose candidates
/// leave open what is meant on an input, and a little less sure one whose winner makes more decisions. 0 where
/// another class agrees more.
pub(super) fn of(step: &Step, winner: usize) -> f64 {
    let (pool, classes) = counted(step);
    let choice = choose(&pool, Method::FilterSoft);
    let met = pool.meets_examples.iter().filter(|met| **met).count();
    let share = met as f64 / pool.len().max(1) as f64;
    let is_winner = |sample: &&usize| classes.get(**sample) == Some(&Some(winner));
    let Some(chosen) = choice.samples.iter().find(is_winner) else { return 0.0 };
    let counts = if select::is_open(&pool, *chosen) { BESIDE_OPEN } else { 1.0 };
    let class = step.race.classes.get(winner).and_then(|class| class.sources.first());
    let text = class.and_then(|source| step.sources.get(*source)).map(|source| &source.text);
    let language = step.draft.kind.language();
    let decisions =
        text.zip(language).map(|(text, language)| zerr_syntax::decisions(language, text));
    choice.confidence * share * counts * select::simple(decisions.unwrap_or(0))
}

/// The class that agrees with most of the candidates on most inputs; `None` without candidates.
pub(super) fn consensus(step: &Step) -> Option<usize> {
    let (pool, classes) = counted(step);
    let choice = choose(&pool, Method::FilterSoft);
    choice.samples.first().and_then(|sample| classes.get(*sample).copied().flatten())
}

/// The counted draws, those of refuted classes as none, and the class of each.
fn counted(step: &Step) -> (Pool, Vec<Option<usize>>) {
    let mut pool = Pool::default();
    let mut classes = Vec::new();
    for judged in step.judged.iter().take(step.race.counted as usize) {
        let alive = match judged {
            Judged::Candidate(source) => step
                .race
                .classes
                .iter()
                .position(|class| !class.struck && class.sources.contains(source))
                .map(|class| (class, *source)),
            Judged::Flagged(_) => None,
        };
        let source = alive.and_then(|(_, source)| step.sources.get(source));
        let keys = source.and_then(|source| source.observations()).map(|seen| {
            let kept = seen.iter().enumerate().filter(|(at, _)| !step.race.left_out.contains(at));
            kept.map(|(_, one)| one.key()).collect::<Vec<_>>()
        });
        pool.texts.push(source.map(|source| source.text.clone()));
        pool.meets_examples.push(keys.is_some());
        pool.behaviour.push(keys.unwrap_or_default());
        classes.push(alive.map(|(class, _)| class));
    }
    (pool, classes)
}
