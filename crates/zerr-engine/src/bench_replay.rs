//! Recorded samples of real models, run and chosen from: [`Engine::replay`].
//!
//! # Invariants
//! A [`ReplayTask`] has nothing that says what is right: the truth is another type, read from another
//! place, and asked after the choice.

mod weighed;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use zerr_core::implied;
use zerr_core::inputs::{self, Input};
use zerr_core::observe::Observation;
use zerr_core::run::Assumption;
use zerr_core::select::Pool;
use zerr_core::spec::{self, FunctionSpec};
use zerr_core::supposed::supposed;
use zerr_core::value::Value;
use zerr_exec::Cancel;
use zerr_llm::RecordedText;
use zerr_syntax::Language;
use zerr_syntax::candidate;
use zerr_syntax::decisions;
use zerr_syntax::doc_example;
use zerr_syntax::holes::{self, Hole, Written};
use zerr_syntax::literal;
use zerr_verify::{ObserveJob, ObserveLimits, Observed, Passes, VerifyError};

use crate::engine::Engine;
use crate::error::EngineError;

/// Inputs that samples are compared on, and how many they may be where there are few samples.
const INPUTS_MAX: usize = 48;
const INPUTS_OF_FEW: usize = 192;

/// So many times more inputs are drawn than searched for between the samples that meet the examples.
const SEARCHED_SHARE: usize = 4;

/// Calls that are worth making for a task.
const CALLS: usize = 4_800;

/// Tests of a model that samples are run on, the most frequent ones.
const TESTS_MAX: usize = 100;

/// Tests that one text of a model counts for.
const TESTS_PER_TEXT: usize = 5;

/// One in so many candidates has to do otherwise before a behaviour is told as an assumption.
const OTHERS_MIN: usize = 10;

/// Assumptions that are told of one task.
const ASSUMPTIONS_MAX: usize = 6;

/// Samples that are run first, to see on which inputs most of them do not end.
const PROBES: usize = 6;

/// Time of one call; the samples are short functions, which take some microseconds. Those that loop for
/// ever take most of a replay's time.
const CALL_MS: u64 = 20;

/// Rust's calls may take as long at least, by the wall clock, beside other tasks.
const RUST_CALL_MS: u64 = 300;

/// Calls that classes are told apart by.
const STEADY: ObserveLimits = ObserveLimits {
    call_ms: CALL_MS,
    lost_max: 0,
    // Some ask for all there is, and the machine clears it first.
    memory_bytes: 256 << 20,
    // All of a task's results are held at once; larger ones tell little more.
    result_bytes_max: 16 << 10,
    noise_bytes_max: 1 << 20,
    wall_ms: 120_000,
    passes: Passes::Twice,
};

/// One in so many samples has to be too slow for an input before it is left out.
const SLOW_SHARE: usize = 10;

/// Calls that are held against an answer that is known.
const ONCE: ObserveLimits = ObserveLimits { passes: Passes::Once, ..STEADY };

/// The second half of [`STEADY`], for whom the first is there. What is searched comes first in it, and may hold
/// some that take too long.
const AGAIN: ObserveLimits = ObserveLimits { passes: Passes::Again, lost_max: 2, ..STEADY };

/// Calls with the truth's inputs, which may be larger: the choice was made with less time.
pub(crate) const TRUE: ObserveLimits =
    ObserveLimits { call_ms: 100, result_bytes_max: 64 << 10, ..ONCE };

/// Calls that find out which inputs ask too much.
const PROBE: ObserveLimits = ObserveLimits { lost_max: 8, call_ms: CALL_MS / 2, ..ONCE };

/// One task of a recording: what a user would have, and what models made of it.
#[derive(Clone, Debug, Deserialize)]
pub struct ReplayTask {
    /// Its name.
    pub task_id: String,
    /// What it is written in.
    #[serde(default)]
    pub language: Option<String>,
    /// The head of the function with its documentation; empty where a run asked for more than that says.
    #[serde(default)]
    pub prompt: String,
    /// The function that is meant.
    pub entry_point: String,
    /// What was asked for, where it was not the function: what a run recorded beside its samples.
    #[serde(default)]
    pub role: Option<String>,
    /// Texts of a model that go on after the prompt, or that hold the whole function.
    pub samples: Vec<RecordedText>,
    /// Which of them were made from others by what tests said of those. Told with the pools; no way of
    /// choosing weighs them otherwise.
    #[serde(default, deserialize_with = "or_nothing")]
    pub derived: Vec<bool>,
    /// Texts of a model that hold assertions.
    #[serde(default, deserialize_with = "or_nothing")]
    pub test_samples: Vec<String>,
}

/// A list, or `null` where there is none.
fn or_nothing<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl ReplayTask {
    /// What its functions are written in, Python where it does not say.
    pub fn language(&self) -> Language {
        self.language.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Language::Python)
    }

    /// The same task with its first samples only.
    #[must_use]
    pub fn with_first(&self, count: usize) -> Self {
        let mut few = Self { test_samples: Vec::new(), ..self.clone() };
        few.samples.truncate(count);
        few.derived.truncate(count);
        few
    }

    /// The same task with one sample, a whole function.
    #[must_use]
    pub fn with_sample(&self, source: &str) -> Self {
        let samples = vec![RecordedText::Text(source.to_owned())];
        Self { samples, derived: Vec::new(), test_samples: Vec::new(), ..self.clone() }
    }
}

/// What each sample did; `None` for what did not run.
type SeenOf = Vec<Option<Vec<Observation>>>;

/// What the samples of a task did.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// The samples as methods choose among them.
    pub pool: Pool,
    /// Their functions; `None` where a red flag keeps one out.
    pub sources: Vec<Option<String>>,
    /// The spec that was read from the prompt.
    pub function: Option<FunctionSpec>,
    /// What else of the prompt the function builds on.
    pub(crate) context: Vec<String>,
    /// Why there is no spec.
    pub unread: Option<String>,
    /// What is wrong with its examples.
    pub defects: Vec<String>,
    /// Tests of a model that could be read.
    pub tests: usize,
    /// What the samples are compared on.
    pub inputs: Vec<Input>,
    /// What each did on them.
    seen: Vec<Option<Vec<Observation>>>,
    /// Whether each does what the function's name and description suggest; empty where they suggest
    /// nothing.
    pub as_implied: Vec<bool>,
    /// Red flags of the samples, and how many there are of each.
    pub flags: BTreeMap<String, usize>,
}

impl ReplayTask {
    /// The spec of the prompt, the functions and imports above it, and what is wrong with its examples.
    pub(crate) fn spec(&self) -> Result<(FunctionSpec, Vec<String>, Vec<String>), String> {
        if let Some(name) =
            self.language.as_deref().filter(|name| name.parse::<Language>().is_err())
        {
            return Err(format!("`{name}` is neither python nor rust"));
        }
        if self.prompt.trim().is_empty() {
            return Err("it has no prompt".to_owned());
        }
        spec_of_prompt(self.language(), &self.entry_point, &self.prompt)
    }

    /// The samples' functions, `None` where a red flag keeps one out.
    ///
    /// # Errors
    /// Why the prompt gives no spec.
    pub fn sources(&self) -> Result<Vec<Option<String>>, String> {
        let (function, context, _) = self.spec()?;
        let candidates = self.candidates(&function, &context).into_iter();
        Ok(candidates.map(|one| one.ok().map(|parsed| parsed.source)).collect())
    }

    /// What is read of each sample, or its kind of red flag.
    fn candidates(
        &self,
        function: &FunctionSpec,
        context: &[String],
    ) -> Vec<Result<candidate::Function, String>> {
        let mut policy = function.policy();
        let (written, _) = holes::written(self.language(), &context.join("\n\n"));
        policy.allowed_calls.extend(written.into_iter().map(|one| one.function.name));
        let read = |sample: &RecordedText| {
            let code = candidate::function_of(sample.text(), &function.signature);
            candidate::parse(self.language(), &code, &function.signature, &policy).map_err(|flaw| {
                let text = flaw.to_string();
                let kind = match text.split_once(": ") {
                    // Not the name of what is unfinished.
                    Some((_, why)) if why.ends_with("is unfinished") => why,
                    Some((what, _)) => what,
                    None => &text,
                };
                kind.to_owned()
            })
        };
        self.samples.iter().map(read).collect()
    }

    /// Calls of model-written tests with what they expect, the most frequent first.
    fn tests(&self, function: &FunctionSpec) -> Vec<(Input, Value)> {
        let language = function.signature.language;
        let value = |text: &str, ty| {
            zerr_core::literal::value(&literal::parse(language, text).ok()?, ty).ok()
        };
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for text in &self.test_samples {
            let text = format!("assert {}({text}", self.entry_point);
            for found in doc_example::find(language, &self.entry_point, &text)
                .into_iter()
                .take(TESTS_PER_TEXT)
            {
                *counts.entry((found.args_text.join(", "), found.expected_text)).or_default() += 1;
            }
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked
            .into_iter()
            .filter_map(|((args, expected), _)| {
                let call = format!("{}({args}) == {expected}", self.entry_point);
                let found = doc_example::find(language, &self.entry_point, &call).pop()?;
                if found.args_text.len() != function.params.len() {
                    return None;
                }
                let args: Option<Input> = found
                    .args_text
                    .iter()
                    .zip(&function.params)
                    .map(|(text, (_, ty))| value(text, ty))
                    .collect();
                let args = args.filter(|args| function.accepts(args))?;
                Some((args, value(&expected, &function.returns)?))
            })
            .take(TESTS_MAX)
            .collect()
    }
}

/// The spec of a prompt that ends in a function's head, the functions and imports above it, and what is wrong with
/// its examples.
pub(crate) fn spec_of_prompt(
    language: Language,
    name: &str,
    prompt: &str,
) -> Result<(FunctionSpec, Vec<String>, Vec<String>), String> {
    let open = match language {
        Language::Python => "    raise NotImplementedError\n",
        Language::Rust => "    todo!()\n}\n",
    };
    let text = format!("{}\n{open}", prompt.trim_end());
    let hole = hole(language, name, &text)?;
    // Here is nobody to say what is meant.
    let as_meant = hole.as_meant(&text).and_then(|text| {
        let hole = self::hole(language, name, &text).ok()?;
        spec_of(language, &text, &hole).ok()
    });
    as_meant.map_or_else(|| spec_of(language, &text, &hole), Ok)
}

/// The function that is meant, in the prompt with an unfinished body.
fn hole(language: Language, name: &str, text: &str) -> Result<Hole, String> {
    let mut found = holes::holes(language, text).into_iter().filter(|hole| hole.name == name);
    found.next_back().ok_or_else(|| "the prompt ends in no such function".to_owned())
}

fn spec_of(
    language: Language,
    text: &str,
    hole: &Hole,
) -> Result<(FunctionSpec, Vec<String>, Vec<String>), String> {
    let (hole, mut defects) = weighed::readable(hole, language, text);
    let function = spec::from_hole(&hole, language, "prompt", text)
        .map_err(|errors| errors.first().map(|e| e.message.clone()).unwrap_or_default())?
        .functions
        .pop()
        .ok_or("no function")?;
    defects
        .extend(function.unread.iter().map(|call| format!("`{call}` is not read as an example")));
    let (written, imports) = holes::written(language, text);
    let others = written.into_iter().filter(|one| one.function.name != hole.name);
    // What the head needs is there already.
    let own = zerr_verify::imports(language, [&function.signature]);
    let is_there = |line: &String| {
        let name = line.trim_end_matches(';').rsplit("::").next().unwrap_or_default();
        language == Language::Rust && own.contains(name)
    };
    Ok((
        function,
        imports
            .into_iter()
            .filter(|line| !is_there(line))
            .chain(others.map(|Written { source, .. }| source))
            .collect(),
        defects,
    ))
}

impl Replayed {
    /// What a sample does where the spec is silent and others that meet the examples do something
    /// else, such as `f([]) is 0 (not stated; 3 of 9 do otherwise)`.
    pub fn assumptions(&self, sample: usize) -> Vec<String> {
        let Some(function) = &self.function else { return Vec::new() };
        let pool = &self.pool;
        let met: Vec<usize> =
            (0..pool.len()).filter(|one| pool.meets_examples.get(*one) == Some(&true)).collect();
        let key = |sample: usize, input: usize| pool.behaviour.get(sample)?.get(input);
        let told = |one: Assumption| format!("{one} ({})", one.why);
        let supposed = supposed(function).into_iter().map(Assumption::from);
        let mut found: Vec<String> = supposed.map(told).collect();
        for (at, input) in self.inputs.iter().enumerate() {
            let is_stated = function.examples.iter().any(|example| example.args == *input);
            let others = met.iter().filter(|one| key(**one, at) != key(sample, at)).count();
            let seen = self.seen.get(sample).and_then(Option::as_ref).and_then(|it| it.get(at));
            if let Some(seen) = seen
                && !is_stated
                && OTHERS_MIN * others >= met.len()
                && others > 0
            {
                found.push(told(Assumption {
                    call: zerr_core::run::call_text(function, input),
                    outcome: zerr_core::run::outcome_text(function, seen),
                    why: format!("not stated; {others} of {} do otherwise", met.len()),
                }));
            }
        }
        found.truncate(ASSUMPTIONS_MAX);
        found
    }

    /// Some functions by their texts, beside the same context.
    pub(crate) fn beside(&self, texts: Vec<Option<String>>, sources: Vec<Option<String>>) -> Self {
        let pool = Pool { texts, ..Pool::default() };
        Self { pool, sources, context: self.context.clone(), ..Self::default() }
    }

    /// The samples whose doings `are` so, without what they did.
    fn those(&self, observed: &SeenOf, are: &dyn Fn(&Vec<Observation>) -> bool) -> Self {
        let mut part = self.alone();
        let texts = self.pool.texts.iter().zip(observed);
        part.pool.texts = texts
            .map(|(text, seen)| text.clone().filter(|_| seen.as_ref().is_some_and(are)))
            .collect();
        part
    }

    /// The last sample alone, the others as none.
    pub(crate) fn only_last(&self) -> Self {
        let mut part = self.clone();
        let others = part.pool.texts.len().saturating_sub(1);
        part.pool.texts.iter_mut().take(others).for_each(|text| *text = None);
        part
    }

    /// The samples without what they did.
    pub(crate) fn alone(&self) -> Self {
        Self { sources: self.sources.clone(), context: self.context.clone(), ..Self::default() }
    }
}

impl Engine {
    /// Reads the task's prompt, runs its samples on inputs made for the spec, and says what each did.
    ///
    /// # Errors
    /// What keeps calls from being made.
    pub fn replay(&self, task: &ReplayTask, cancel: &Cancel) -> Result<Replayed, EngineError> {
        let count = task.samples.len();
        let nothing = nothing_of(count);
        let (function, context, defects) = match task.spec() {
            Ok(spec) => spec,
            Err(why) => return Ok(Replayed { unread: Some(why), ..nothing }),
        };
        let candidates = task.candidates(&function, &context);
        let mut replayed = Replayed { context, defects, ..nothing };
        let mut literals = Vec::new();
        for (at, parsed) in candidates.into_iter().enumerate() {
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(kind) => {
                    *replayed.flags.entry(kind).or_default() += 1;
                    continue;
                }
            };
            literals.push(parsed.literals);
            replayed.pool.texts[at] = Some(parsed.normal_form);
            replayed.pool.decisions[at] = decisions(task.language(), &parsed.source);
            replayed.sources[at] = Some(parsed.source);
        }
        let most = (CALLS / count.max(1)).clamp(INPUTS_MAX, INPUTS_OF_FEW);
        let mut all = inputs::initial(&function, most / 2);
        let literals: Vec<_> = literals.iter().collect();
        all.extend(inputs::mined(&function, &literals, &all, most / 4));
        let seed = function.content_hash().seed();
        let more = most.saturating_sub(all.len());
        all.extend(inputs::distinguishing(&function, &all, seed, more));
        let tests = task.tests(&function);
        replayed.tests = tests.len();
        let mut asked: Vec<Input> = Vec::new();
        for (args, _) in &tests {
            if !asked.contains(args) {
                asked.push(args.clone());
            }
        }
        let first = first_limits(&function);
        // The tests in one go with the inputs: to start a process takes longer than most calls.
        let both = [all.as_slice(), asked.as_slice()].concat();
        let mut observed = match self.observed(&replayed, &function, &both, first, cancel) {
            Ok(observed) => observed,
            Err(EngineError::Tool(error @ VerifyError::Context(_))) => {
                return Ok(Replayed { unread: Some(error.to_string()), ..nothing_of(count) });
            }
            Err(error) => return Err(error),
        };
        let mut tested: SeenOf = observed
            .iter_mut()
            .map(|seen| seen.as_mut().map(|seen| seen.split_off(all.len())))
            .collect();
        for (seen, tested) in observed.iter().zip(&mut tested) {
            // Who did not come to the end of the inputs was not asked.
            *tested = tested.take().filter(|_| seen.as_ref().is_some_and(|seen| is_whole(seen)));
        }
        if !endless(&observed, all.len()).is_empty() {
            // Now for all such inputs at once, on a few samples.
            let endless = self.probed(&replayed, &function, &all, cancel)?;
            let lost = |seen: &Vec<Observation>| !is_whole(seen);
            (all, observed) =
                self.without(&endless, &replayed, &function, (all, observed), &lost, cancel)?;
        }
        let (mut all, mut observed) =
            self.without_slow(&replayed, &function, all, observed, cancel)?;
        let met = replayed.those(&observed, &|seen| meets(&function, &all, seen));
        let more = searched(&function, &all, &observed, most / SEARCHED_SHARE);
        let mut found = if first.passes == Passes::Once {
            // What depends on chance matters where an example does not say that it is wrong. In one go with what
            // is searched, which is looked at once: who is steady on all else hardly is not there.
            let both = [all.as_slice(), more.as_slice()].concat();
            let mut again = self.observed(&met, &function, &both, AGAIN, cancel)?;
            let found: SeenOf = again
                .iter_mut()
                .map(|seen| seen.as_mut().map(|seen| seen.split_off(all.len())))
                .collect();
            // Backwards a call that does not end comes before those that do: these are made in both ways.
            let lost = |seen: &Vec<Observation>| !is_whole(seen);
            let both = self.observed(&met.those(&again, &lost), &function, &all, STEADY, cancel)?;
            for (seen, (again, both)) in observed.iter_mut().zip(again.into_iter().zip(both)) {
                *seen = match (seen.take(), again, both) {
                    (_, _, Some(both)) => Some(both),
                    (Some(seen), Some(again), None) => {
                        let pairs = seen.into_iter().zip(&again);
                        Some(pairs.map(|(one, again)| one.agreed(Some(again))).collect())
                    }
                    (seen, ..) => seen,
                };
            }
            found
        } else {
            self.observed(&met, &function, &more, first, cancel)?
        };
        // What one of them does not end on is left out.
        let ends = |at: &usize| {
            found.iter().flatten().all(|seen| seen.get(*at).is_some_and(Observation::is_settled))
        };
        let kept: Vec<usize> = (0..more.len()).filter(ends).collect();
        for (seen, found) in observed.iter_mut().zip(&mut found) {
            if let (Some(seen), Some(found)) = (seen, found) {
                seen.extend(kept.iter().filter_map(|at| found.get(*at).cloned()));
            }
        }
        all.extend(kept.iter().filter_map(|at| more.get(*at).cloned()));

        // One that does not end where most do is no candidate, and is not waited for again.
        let mut late = replayed.those(&observed, &|seen| is_whole(seen));
        for (text, tested) in late.pool.texts.iter_mut().zip(&tested) {
            *text = text.take().filter(|_| tested.is_none());
        }
        let tested_late = self.observed(&late, &function, &asked, ONCE, cancel)?;
        for (tested, late) in tested.iter_mut().zip(tested_late) {
            *tested = tested.take().or(late);
        }
        let mut ran = vec![None; count];
        for (at, seen) in observed.iter().enumerate() {
            let Some(seen) = seen.as_ref().filter(|seen| is_whole(seen)) else { continue };
            ran[at] = Some(weighed::of_sample(&function, &all, seen));
            replayed.pool.behaviour[at] =
                seen.iter().map(|one| function.conform(one).key()).collect();
            let passes = |(one, (_, expected)): (&Observation, &(Input, Value))| {
                let seen = function.conform(one);
                matches!(&seen, Observation::Returned { value, .. } if value == expected)
            };
            let tested = tested.get(at).and_then(Option::as_ref);
            let answer = |args: &Input| tested?.get(asked.iter().position(|input| input == args)?);
            replayed.pool.tests.resize(count, Vec::new());
            replayed.pool.tests[at] = tests
                .iter()
                .map(|test| answer(&test.0).is_some_and(|one| passes((one, test))))
                .collect();
        }
        let met = weighed::met(function.examples.len(), &ran);
        replayed.pool.meets_examples = met.meets;
        replayed.pool.doubted = !met.doubted.is_empty();
        for example in met.doubted.iter().filter_map(|at| function.examples.get(*at)) {
            let text = &example.text;
            replayed
                .defects
                .push(format!("`{text}` is doubted: no sample meets it, most meet the others"));
        }
        let suggested = implied::implied(&function);
        if !suggested.is_empty() {
            let is_so = |seen: &Option<Vec<Observation>>| {
                let calls = || all.iter().map(Vec::as_slice).zip(seen.iter().flatten());
                suggested.iter().all(|one| implied::broken(one, &function, calls()).is_none())
            };
            replayed.as_implied = observed.iter().map(is_so).collect();
        }
        replayed.seen = observed;
        replayed.inputs = all;
        replayed.function = Some(function);
        Ok(replayed)
    }

    /// Where a tenth of the samples or more are too slow for something that is no example, leaves out what
    /// they are too slow for and runs those again: they may be right.
    fn without_slow(
        &self,
        replayed: &Replayed,
        function: &FunctionSpec,
        inputs: Vec<Input>,
        observed: SeenOf,
        cancel: &Cancel,
    ) -> Result<(Vec<Input>, SeenOf), EngineError> {
        let is_example = |input: &Input| function.examples.iter().any(|one| one.args == *input);
        let stated: Vec<bool> = inputs.iter().map(is_example).collect();
        let is_slow = |seen: &Vec<Observation>| {
            let lost = seen.iter().zip(&stated).find(|(one, _)| **one == Observation::TimedOut);
            lost.is_some_and(|(_, stated)| !stated)
        };
        let slow = replayed.those(&observed, &is_slow);
        let count = slow.pool.texts.iter().flatten().count();
        if SLOW_SHARE * count < observed.iter().flatten().count() || count == 0 {
            return Ok((inputs, observed));
        }
        let asked = self.probed(&slow, function, &inputs, cancel)?;
        self.without(&asked, replayed, function, (inputs, observed), &is_slow, cancel)
    }

    /// Leaves out these inputs, examples excepted, and runs the samples that `are` so on the others again.
    fn without(
        &self,
        left_out: &BTreeSet<usize>,
        replayed: &Replayed,
        function: &FunctionSpec,
        (inputs, mut observed): (Vec<Input>, SeenOf),
        are: &dyn Fn(&Vec<Observation>) -> bool,
        cancel: &Cancel,
    ) -> Result<(Vec<Input>, SeenOf), EngineError> {
        let is_example = |input: &Input| function.examples.iter().any(|one| one.args == *input);
        let part = replayed.those(&observed, are);
        let is_kept = |(at, input): &(usize, &Input)| is_example(input) || !left_out.contains(at);
        let kept: Vec<usize> =
            inputs.iter().enumerate().filter(is_kept).map(|(at, _)| at).collect();
        let only =
            |all: &[Observation]| kept.iter().filter_map(|at| all.get(*at).cloned()).collect();
        for seen in observed.iter_mut().flatten() {
            *seen = only(seen);
        }
        let inputs: Vec<Input> = kept.iter().filter_map(|at| inputs.get(*at).cloned()).collect();
        let again = self.observed(&part, function, &inputs, first_limits(function), cancel)?;
        for (seen, again) in observed.iter_mut().zip(again) {
            if again.is_some() {
                *seen = again;
            }
        }
        Ok((inputs, observed))
    }

    /// What each sample did; samples of one text are run once.
    pub(crate) fn observed(
        &self,
        replayed: &Replayed,
        function: &FunctionSpec,
        inputs: &[Input],
        limits: ObserveLimits,
        cancel: &Cancel,
    ) -> Result<Vec<Option<Vec<Observation>>>, EngineError> {
        let mut unique: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, text) in replayed.pool.texts.iter().enumerate() {
            if let Some(text) = text {
                unique.entry(text).or_default().push(at);
            }
        }
        let sources: Vec<String> = unique
            .values()
            .filter_map(|same| replayed.sources.get(*same.first()?)?.clone())
            .collect();
        let mut found = vec![None; replayed.sources.len()];
        if sources.is_empty() || inputs.is_empty() {
            return Ok(found);
        }
        let mut limits = limits;
        if function.signature.language == Language::Rust {
            limits.call_ms = limits.call_ms.max(RUST_CALL_MS);
        }
        let job =
            ObserveJob { function, context: &replayed.context, sources: &sources, inputs, limits };
        let observed = self.toolchain.runner(function.signature.language)?.observe(&job, cancel)?;
        for (same, outcome) in unique.values().zip(&observed) {
            let Observed::Ran(seen) = outcome else { continue };
            for at in same {
                found[*at] = Some(seen.clone());
            }
        }
        Ok(found)
    }

    /// Inputs that are endless for some of the samples, each of which is run on all of them.
    pub(crate) fn probed(
        &self,
        replayed: &Replayed,
        function: &FunctionSpec,
        inputs: &[Input],
        cancel: &Cancel,
    ) -> Result<BTreeSet<usize>, EngineError> {
        let texts: BTreeSet<&String> = replayed.pool.texts.iter().flatten().collect();
        let step = texts.len().div_ceil(PROBES).max(1);
        let mut open: BTreeSet<&String> = texts.into_iter().step_by(step).collect();
        let mut part = replayed.alone();
        part.pool.texts = replayed
            .pool
            .texts
            .iter()
            .map(|text| text.clone().filter(|text| open.remove(text)))
            .collect();
        let seen = self.observed(&part, function, inputs, PROBE, cancel)?;
        Ok(endless(&seen, inputs.len()))
    }
}

/// Inputs near those on which samples that meet the examples differ, for these samples alone: the others are told
/// from them already.
fn searched(function: &FunctionSpec, all: &[Input], observed: &SeenOf, most: usize) -> Vec<Input> {
    let keys = |seen: &Vec<Observation>, at: usize| seen.get(at).map(Observation::key);
    let seen: Vec<&Vec<Observation>> =
        observed.iter().flatten().filter(|seen| meets(function, all, seen)).collect();
    let parts = |at: &usize| seen.iter().any(|one| keys(one, *at) != keys(seen[0], *at));
    let parting: Vec<Input> =
        (0..all.len()).filter(parts).filter_map(|at| all.get(at).cloned()).collect();
    let seed = function.content_hash().seed() ^ 1;
    inputs::between(function, &parting, all, seed, most)
}

/// Python's calls are made once at first, where examples tell what is not looked at again.
fn first_limits(function: &FunctionSpec) -> ObserveLimits {
    let is_python = function.signature.language == Language::Python;
    if is_python && !function.examples.is_empty() { ONCE } else { STEADY }
}

/// Samples of which nothing is known.
fn nothing_of(count: usize) -> Replayed {
    Replayed {
        pool: Pool {
            texts: vec![None; count],
            behaviour: vec![Vec::new(); count],
            meets_examples: vec![false; count],
            decisions: vec![0; count],
            ..Pool::default()
        },
        sources: vec![None; count],
        ..Replayed::default()
    }
}

/// Positions of inputs on which at least half of the samples do not end by themselves: they would take
/// all the time and compare clocks.
pub(crate) fn endless(seen: &[Option<Vec<Observation>>], inputs: usize) -> BTreeSet<usize> {
    let count = seen.iter().flatten().count();
    let stuck = |at: usize| {
        let ends = |one: &&Vec<Observation>| one.get(at).is_none_or(Observation::is_settled);
        count - seen.iter().flatten().filter(ends).count()
    };
    (0..inputs).filter(|at| count > 0 && 2 * stuck(*at) >= count).collect()
}

/// Whether all calls were made, and none says other than an example.
fn meets(function: &FunctionSpec, inputs: &[Input], seen: &[Observation]) -> bool {
    is_whole(seen) && !weighed::of_sample(function, inputs, seen).contains(&false)
}

/// Whether all calls were made.
fn is_whole(seen: &[Observation]) -> bool {
    !seen.iter().any(|one| matches!(one, Observation::TimedOut | Observation::Crashed { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(prompt: &str, language: &str) -> ReplayTask {
        ReplayTask {
            task_id: "t".to_owned(),
            language: Some(language.to_owned()),
            prompt: prompt.to_owned(),
            entry_point: "f".to_owned(),
            role: None,
            samples: Vec::new(),
            derived: Vec::new(),
            test_samples: Vec::new(),
        }
    }

    const PYTHON: &str = "from typing import List\n\ndef g(x: int):\n    return x\n\n\n\
                          def f(xs: List[int], n):\n    \"\"\" Take.\n    f([1], 2) ==> 3\n    \"\"\"\n";

    #[test]
    fn a_prompt_is_a_spec_with_what_stands_above_it() {
        let (function, context, _) = task(PYTHON, "python").spec().unwrap();
        assert_eq!(function.signature.text, "def f(xs: List[int], n: int) -> int:");
        assert_eq!(function.examples.len(), 1);
        assert_eq!(context.len(), 2, "{context:?}");
        let rust = "/// Doubles.\n/// >>> f(2)\n/// 4\nfn f(x: i32) -> i32 {\n";
        let (function, ..) = task(rust, "rust").spec().unwrap();
        assert_eq!(function.examples.len(), 1);
        assert!(task("no function\n", "python").spec().is_err());
    }

    #[test]
    fn examples_that_cannot_all_be_right_do_not_count_and_are_told() {
        let prompt = "def f(x: int) -> int:\n    \"\"\" Double.\n    >>> f(1)\n    2\n    >>> f(2)\n                          4\n    >>> f(1)\n    3\n    >>> f('a')\n    4\n    \"\"\"\n";
        let (function, _, defects) = task(prompt, "python").spec().unwrap();
        assert_eq!(function.examples.len(), 1);
        assert_eq!(defects.len(), 3, "{defects:?}");
        assert!(defects[1].contains("`f(1) == 3` is there too"), "{defects:?}");
    }

    #[test]
    fn what_a_prompt_means_by_its_examples_is_read() {
        let named = |name: &str, prompt: &str| ReplayTask {
            entry_point: name.to_owned(),
            ..task(prompt, "python")
        };
        let other = "def sort_words(xs):\n    \"\"\" Sort.\n    sort_list([\"b\"]) => [\"b\"]\n    \"\"\"\n";
        let (function, ..) = named("sort_words", other).spec().unwrap();
        assert_eq!(function.signature.text, "def sort_words(xs: list[str]) -> list[str]:");
        assert_eq!(function.examples[0].text, "sort_words([\"b\"]) == [\"b\"]");
        let bare = "def good(s):\n    \"\"\" Is it?\n    good(a) => True\n    good(ab) => False\n    good(abc) => True\n    \"\"\"\n";
        let (function, ..) = named("good", bare).spec().unwrap();
        assert_eq!(function.examples.len(), 3);
        assert_eq!(function.signature.text, "def good(s: str) -> bool:");
        // A function that is there is called by its name.
        let there = format!("def sort_list(xs):\n    return xs\n\n\n{other}");
        assert!(named("sort_words", &there).spec().is_err());
    }

    #[test]
    fn the_function_is_found_in_whatever_a_model_wrote() {
        let task = task(PYTHON, "python");
        let (function, ..) = task.spec().unwrap();
        let body = "def f(xs: List[int], n: int) -> int:\n    return n\n";
        for sample in [
            "    return n\n\n\nif __name__ == '__main__':\n    f([], 1)\n",
            "Here it is:\n```python\ndef f(xs, n):\n    return n\n```\nIt works.\n",
            "def f(xs, n):\n    return n\n\ndef g():\n    pass\n",
            "def f_key(x):\n    return 0\n\ndef f(xs, n):\n    return n\n",
            "    return n",
        ] {
            assert_eq!(candidate::function_of(sample, &function.signature), body, "{sample}");
        }
    }
}
