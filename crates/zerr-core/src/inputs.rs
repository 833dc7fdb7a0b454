//! The inputs that candidates are told apart by. Main functions: [`initial`], [`mined`],
//! [`distinguishing`], [`between`]; [`bounded`] gives all there are in a small domain, [`simpler`] what is left of
//! one that showed something, [`sized`] ones that grow.
//!
//! What inputs are tried decides more than how votes are counted: a wrong candidate that agrees
//! with the right one on all of them is not seen to be wrong. So boundaries come first
//! ([`bounds`]), then what the spec's own texts and examples suggest ([`near`], [`vary`]), then
//! combinations ([`combine`]), then plain values.
//!
//! # Invariants
//! - Every input fits the parameters' types and meets `requires`, and what the description says of arguments in
//!   passing ([`supposed`]).
//! - Same spec, same inputs, in the same order. No input twice.
//!
//! # Non-goals
//! - Costs: the largest integer is a fair input to arithmetic and endless to a loop. Inputs that
//!   time out are for the caller to drop.

mod bounded;
mod bounds;
mod combine;
mod near;
mod plain;
mod pool;
mod random;
mod said;
mod simpler;
mod sized;
#[cfg(test)]
mod tests;
mod vary;

use std::collections::BTreeSet;

use zerr_syntax::candidate::Literals;

pub use self::bounded::{Bounded, bounded};
use self::combine::Domains;
use self::pool::Pool;
use self::random::Random;
pub use self::simpler::{simpler, weight};
pub use self::sized::sized;
use crate::spec::{CALL, FunctionSpec};
use crate::supposed::{Supposed, supposed};
use crate::value::Value;

/// The arguments of one call.
pub type Input = Vec<Value>;

/// One of so many first inputs holds what two examples do.
const JOINED: usize = 24;

/// The arguments of the examples first, then some with what two of them hold, variations of the
/// examples, what the description speaks of, boundaries of every parameter, combinations, and
/// plain values until there are `max`.
///
/// Fewer than `max` only where the parameters' types and `requires` allow no more (or none could
/// be found).
pub fn initial(f: &FunctionSpec, max: usize) -> Vec<Input> {
    if f.in_project.is_some() {
        return of_project(f);
    }
    let pool = Pool::stated(f);
    let mut chosen = Chosen::new(f, &[], max);
    for example in &f.examples {
        chosen.offer(example.args.clone());
    }
    if f.params.is_empty() {
        chosen.offer(Vec::new());
        return chosen.inputs;
    }
    let domains = Domains::new(f, &pool);
    // A few with the texts and lists of two examples in one: no example need hold two of a thing.
    let with_joined = chosen.inputs.len() + max / JOINED;
    for input in vary::joined(f) {
        if chosen.inputs.len() >= with_joined {
            break;
        }
        chosen.offer(input);
    }
    // An eighth for variations of the examples: they are near what the function is for.
    let varied = chosen.inputs.len() + max / 8;
    for input in vary::of_examples(f, &pool) {
        if chosen.inputs.len() >= varied {
            break;
        }
        chosen.offer(input);
    }
    // And an eighth for what its description speaks of.
    let said = Pool::said(f);
    if !said.is_empty() {
        chosen.max = max.min(chosen.inputs.len() + max / 8);
        Domains::mined(f, &said, &[]).boundaries(&mut chosen);
        chosen.max = max;
    }
    domains.boundaries(&mut chosen);
    domains.pairs(&mut chosen);
    let pool = Pool::of_spec(f);
    let mut random = Random::new(f.content_hash().seed());
    fill(f, &pool, &mut random, &mut chosen);
    chosen.inputs
}

/// More inputs, around the constants that candidates hold (each one, its neighbours, texts and
/// lists of that length, texts that hold it). None of `existing` comes again.
pub fn mined(
    f: &FunctionSpec,
    literals: &[&Literals],
    existing: &[Input],
    max: usize,
) -> Vec<Input> {
    if f.in_project.is_some() {
        return Vec::new();
    }
    let known = Pool::stated(f);
    let mined = Pool::of_literals(literals).without(&known);
    let mut chosen = Chosen::new(f, existing, max);
    if mined.is_empty() || f.params.is_empty() {
        return chosen.inputs;
    }
    let domains = Domains::mined(f, &mined, existing);
    domains.boundaries(&mut chosen);
    domains.pairs(&mut chosen);
    chosen.inputs
}

/// More inputs, random from `seed`: half of them near one of `existing`, half fresh. None of
/// `existing` comes again.
pub fn distinguishing(f: &FunctionSpec, existing: &[Input], seed: u64, max: usize) -> Vec<Input> {
    if f.in_project.is_some() {
        return Vec::new();
    }
    let pool = Pool::of_spec(f);
    let mut chosen = Chosen::new(f, existing, max);
    let mut random = Random::new(seed);
    let mut grown: Vec<Input> = existing.to_vec();
    for attempt in 0..attempts(max) {
        if chosen.is_full() || chosen.is_exhausted() || f.params.is_empty() {
            break;
        }
        let near = grown.get(random.below(grown.len())).filter(|_| attempt % 2 == 0);
        let input = match near {
            Some(near) => vary::at_random(f, near, &pool, &mut random),
            None => fresh(f, &pool, &mut random),
        };
        if chosen.offer(input.clone()) {
            grown.push(input);
        }
    }
    chosen.inputs
}

/// More inputs between candidates: near those of `parting`, on which some of them differ, and mixed of one of
/// these and another of `existing`. Where behaviour changes once, a border is near, and borders are what most
/// candidates that are wrong in one place are wrong about. None of `existing` comes again.
pub fn between(
    f: &FunctionSpec,
    parting: &[Input],
    existing: &[Input],
    seed: u64,
    max: usize,
) -> Vec<Input> {
    if f.in_project.is_some() || f.params.is_empty() {
        return Vec::new();
    }
    let pool = Pool::of_spec(f);
    let mut chosen = Chosen::new(f, existing, max);
    let mut random = Random::new(seed);
    for attempt in 0..attempts(max) {
        if chosen.is_full() || chosen.is_exhausted() {
            break;
        }
        let Some(near) = parting.get(random.below(parting.len())) else { break };
        let other = existing.get(random.below(existing.len())).filter(|_| attempt % 3 == 2);
        chosen.offer(match other {
            Some(other) => vary::mixed(near, other, &mut random),
            None => vary::at_random(f, near, &pool, &mut random),
        });
    }
    chosen.inputs
}

/// The new ones among inputs that somebody proposes, as far as the spec speaks of them.
pub fn proposed(f: &FunctionSpec, proposals: Vec<Input>, existing: &[Input]) -> Vec<Input> {
    let mut chosen = Chosen::new(f, existing, proposals.len());
    for input in proposals {
        chosen.offer(input);
    }
    chosen.inputs
}

/// The tests of a function that is tried in its project, and calls. Where there are none, the one input
/// that every text answers with itself: then only texts can be compared.
fn of_project(f: &FunctionSpec) -> Vec<Input> {
    let calls = f.in_project.iter().flat_map(|place| &place.calls);
    let calls = calls.map(|call| vec![Value::Str(format!("{CALL}{call}"))]);
    let tests = f.examples.iter().map(|example| example.args.clone());
    let all: Vec<Input> = tests.chain(calls).collect();
    if all.is_empty() { vec![vec![Value::Str(String::new())]] } else { all }
}

fn fill(f: &FunctionSpec, pool: &Pool, random: &mut Random, chosen: &mut Chosen<'_>) {
    for attempt in 0..attempts(chosen.max) {
        if chosen.is_full() || chosen.is_exhausted() {
            return;
        }
        // Where `requires` lets little through, what got through is the best place to go on from.
        let near = chosen.inputs.get(random.below(chosen.inputs.len())).cloned();
        let input = match near.filter(|_| attempt % 3 == 2) {
            Some(near) => vary::at_random(f, &near, pool, random),
            None => fresh(f, pool, random),
        };
        chosen.offer(input);
    }
}

fn fresh(f: &FunctionSpec, pool: &Pool, random: &mut Random) -> Input {
    f.params.iter().map(|(_, ty)| random.value(ty, pool, 3)).collect()
}

/// How often to try before giving up.
fn attempts(max: usize) -> usize {
    (max * 60).clamp(600, 20_000)
}

/// The inputs that were taken so far.
struct Chosen<'a> {
    function: &'a FunctionSpec,
    supposed: Vec<Supposed>,
    inputs: Vec<Input>,
    seen: BTreeSet<String>,
    /// Offers in a row that had been seen before.
    repeats: usize,
    max: usize,
}

/// So many repeats in a row, and a domain is taken for exhausted.
const REPEATS_MAX: usize = 200;

impl<'a> Chosen<'a> {
    fn new(function: &'a FunctionSpec, existing: &[Input], max: usize) -> Self {
        let seen = existing.iter().map(|input| key(input)).collect();
        let supposed = supposed(function);
        Self { function, supposed, inputs: Vec::new(), seen, repeats: 0, max }
    }

    fn is_full(&self) -> bool {
        self.inputs.len() >= self.max
    }

    fn is_exhausted(&self) -> bool {
        self.repeats >= REPEATS_MAX
    }

    /// Takes the input if it is new, there is room, and the spec speaks of it.
    fn offer(&mut self, input: Input) -> bool {
        if self.is_full() {
            return false;
        }
        if !self.seen.insert(key(&input)) {
            self.repeats += 1;
            return false;
        }
        self.repeats = 0;
        if !self.function.accepts(&input) || !self.supposed.iter().all(|one| one.holds(&input)) {
            return false;
        }
        self.inputs.push(input);
        true
    }
}

fn key(input: &[Value]) -> String {
    input.iter().map(Value::encode).collect::<Vec<_>>().join(" ")
}

/// Some value of a type, for tests elsewhere.
#[cfg(test)]
pub(crate) fn any_value(ty: &crate::value::Type, seed: u64) -> Value {
    Random::new(seed).value(ty, &Pool::default(), 3)
}
