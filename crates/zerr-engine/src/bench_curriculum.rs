//! Tasks with ground truth: how often one sample is right, and what zerr makes of such samples.
//! Main method: [`Engine::bench_task`].
//!
//! # Invariants
//! The truth of a task never reaches the run: it is another spec, read after the run has ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zerr_core::event::SpecSource;
use zerr_core::hash::Hash;
use zerr_core::observe::{Observation, Outcome};
use zerr_core::plan::{Plan as _, SpecPlan, StepKind};
use zerr_core::prompt::Role;
use zerr_core::prompt::{Prompt, RawReply};
use zerr_core::run::{
    Draw, Drawing, Probes, Reason, RunConfig, SampleAction, Settled, hash_of_prompt,
};
use zerr_core::sample;
use zerr_core::spec::{self, FunctionSpec, SpecError};
use zerr_core::verdict::Verdict;
use zerr_core::vote::{self, ClassId, Margin, OracleKind, Prior, Seen, Tally};
use zerr_core::witness::Witness;
use zerr_exec::Cancel;
use zerr_llm::SampleEvent;
use zerr_verify::{ObserveJob, ObserveLimits};

use crate::engine::{CacheUse, Engine, GenerateRequest};
use crate::error::EngineError;
use crate::interrupt::Interrupt;
use crate::perform;

/// One line of a file of tasks.
#[derive(Clone, Debug, Deserialize)]
pub struct CurriculumTask {
    /// Its name.
    pub id: String,
    /// What was held out: `phrasings`, `compositions` or `reserved`.
    pub tasks: String,
    /// The family of its function.
    pub group: String,
    /// Examples that the spec shows.
    pub shown: u32,
    /// What zerr is asked, the function in question last.
    pub spec: serde_json::Value,
    /// What is right, as examples.
    pub truth: Vec<serde_json::Value>,
}

/// What came of a task.
#[derive(Clone, Debug)]
pub struct TaskOutcome {
    /// The verdict on the function in question.
    pub verdict: Verdict,
    /// Whether the accepted code is right on every true call; `None` where nothing was accepted.
    pub right: Option<bool>,
    /// Whether what votes decided is right, also where it was held back afterwards.
    pub voted: Option<bool>,
    /// What was heard of it beside the race: how a witness stands to it, or that it was described
    /// otherwise.
    pub signs: Vec<&'static str>,
    /// Why nothing was accepted, in one word.
    pub reason: Option<String>,
    /// Single samples that are right, of how many.
    pub singles: (u32, u32),
    /// Those of the drawn that are candidates.
    pub valid: u32,
    /// How sure its race was, from 0 to 1; `None` without a winner.
    pub confidence: Option<f64>,
    /// Samples that its race counted.
    pub samples: u32,
    /// Samples that a race over this task's own distribution of classes counts on average; `None`
    /// where no sample was drawn.
    pub simulated: Option<f64>,
    /// What Eq 16 expects at the p that the race believed; `None` where it had no margin.
    pub expected: Option<f64>,
    /// The accepted code that is wrong, for people.
    pub wrong: Option<String>,
}

/// What becomes of one sample, as far as a race is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Red-flagged or refused by a compiler.
    Out,
    /// Refuted by an example.
    Failed,
    /// It votes for this class.
    Class(u32),
}

impl Engine {
    /// Runs one task, and draws `draws` samples more to see what the race had to do with.
    ///
    /// # Errors
    /// A task that is none, or what keeps a run from being started.
    pub fn bench_task(
        &self,
        task: &CurriculumTask,
        config: &RunConfig,
        draws: u32,
        interrupt: &Interrupt,
    ) -> Result<TaskOutcome, EngineError> {
        let text = task.spec.to_string();
        let truth = truth(task).map_err(EngineError::Spec)?;
        let request = GenerateRequest {
            source: SpecSource::Yaml { name: task.id.clone(), text: text.clone(), language: None },
            config: config.clone(),
            target: None,
            time_limit_ms: None,
            title: task.id.clone(),
            believe: false,
            risk: None,
            cache: CacheUse::Fresh,
            // A part of a program is split again.
            split_depth: if task.tasks == "programs" { 2 } else { 1 },
        };
        let result = self.generate(&request, &mut |_| {}, interrupt)?;
        let mut context: Vec<String> = Vec::new();
        let mut own = None;
        for step in result.run.finished() {
            match &step.kind {
                StepKind::Function(function) if function.name == truth.name => own = Some(step),
                StepKind::Function(_) => context.extend(step.settled.source.clone()),
                _ => {}
            }
        }
        let settled = own.map(|step| &step.settled);
        let verdict = settled.map_or(Verdict::Undecided, |settled| settled.verdict);
        let accepted = settled
            .filter(|_| matches!(verdict, Verdict::Verified | Verdict::Agreed))
            .and_then(|settled| settled.source.clone());
        let is_held = settled.is_some_and(|settled| {
            matches!(
                settled.reason,
                Some(Reason::DescribedOtherwise { .. } | Reason::WitnessDiffers { .. })
            )
        });
        let held = settled.filter(|_| is_held).and_then(|settled| settled.classes.first());
        let voted = match accepted.as_ref().or(held.map(|class| &class.source)) {
            Some(source) => {
                let observed =
                    self.observe_truth(&truth, &context, std::slice::from_ref(source))?;
                Some(observed.first().is_some_and(|outcome| is_right(&truth, outcome)))
            }
            None => None,
        };
        let right = voted.filter(|_| accepted.is_some());
        let specs = spec::parse(text.as_bytes(), &task.id).map_err(EngineError::Spec)?;
        let sampled = self.sampled(&specs, &truth, &context, config, draws)?;
        let prior = config_prior(&result.started.config, &truth);
        let oracles = match specs.first().and_then(|spec| spec.functions.last()) {
            Some(own) if own.examples.is_empty() && own.ensures.is_empty() => OracleKind::TypesOnly,
            _ => OracleKind::Behaviour,
        };
        let target = result.started.config.target;
        let simulated = (!sampled.fates.is_empty()).then(|| {
            let most = config.samples_max;
            simulate(&sampled.fates, &prior, oracles, result.run.plan().steps(), target, most)
        });
        let expected = settled.and_then(|settled| {
            let k = settled.k.and_then(Margin::new)?;
            (settled.p > 0.5).then(|| vote::expected_votes(settled.p, k))
        });
        Ok(TaskOutcome {
            verdict,
            wrong: accepted.filter(|_| right == Some(false)),
            right,
            voted,
            signs: settled.map(signs).unwrap_or_default(),
            reason: settled.and_then(|settled| settled.reason.as_ref()).map(word),
            singles: (sampled.right, sampled.fates.len() as u32),
            valid: sampled.fates.iter().filter(|fate| **fate != Fate::Out).count() as u32,
            confidence: settled.and_then(|settled| settled.confidence),
            samples: settled.map_or(0, |settled| settled.samples),
            simulated,
            expected,
        })
    }

    fn observe_truth(
        &self,
        truth: &FunctionSpec,
        context: &[String],
        sources: &[String],
    ) -> Result<Vec<Outcome>, EngineError> {
        let inputs: Vec<_> = truth.examples.iter().map(|example| example.args.clone()).collect();
        let limits = ObserveLimits::default();
        let job = ObserveJob { function: truth, context, sources, inputs: &inputs, limits };
        Ok(self.runner(truth.signature.language)?.observe(&job, &Cancel::new())?)
    }

    /// Samples beside the run, and what a race would make of each.
    fn sampled(
        &self,
        specs: &[spec::Spec],
        truth: &FunctionSpec,
        context: &[String],
        config: &RunConfig,
        draws: u32,
    ) -> Result<Sampled, EngineError> {
        let sampler = self.sampler(&mut |_| {})?;
        let card = crate::card::Card::of(sampler.model().card.as_ref());
        let versions = card.as_ref().and_then(|card| card.prompts(Role::Function));
        let plan = SpecPlan::new(specs, versions.as_deref());
        let last = plan.steps().saturating_sub(1);
        let (Some(draft), Some(own)) = (plan.step(last, &[]), plan.functions().last()) else {
            return Ok(Sampled::default());
        };
        if draws == 0 {
            return Ok(Sampled::default());
        }
        let subject = format!("{}:{}", own.signature.language, draft.name);
        let replies = self.replies(&subject, &draft.prompt, config, draws)?;
        let mut sources: Vec<String> = Vec::new();
        let mut drawn: Vec<Option<usize>> = Vec::new();
        for reply in &replies {
            drawn.push(sample::judge(own, &draft.prompt, reply).ok().map(|candidate| {
                let known = sources.iter().position(|source| *source == candidate.source);
                known.unwrap_or_else(|| {
                    sources.push(candidate.source);
                    sources.len() - 1
                })
            }));
        }
        let outcomes = self.observe_truth(truth, context, &sources)?;
        let mut with_examples = truth.clone();
        with_examples.examples.clone_from(&own.examples);
        let examples = self.observe_truth(&with_examples, context, &sources)?;
        let mut classes: BTreeMap<String, u32> = BTreeMap::new();
        let mut sampled = Sampled::default();
        for position in drawn {
            let fate = position.and_then(|at| Some((outcomes.get(at)?, examples.get(at)?)));
            let fate = match fate {
                None | Some((Outcome::Rejected { .. }, _) | (_, Outcome::Rejected { .. })) => {
                    Fate::Out
                }
                Some((outcome, _)) if is_right(truth, outcome) => {
                    sampled.right += 1;
                    Fate::Class(0)
                }
                Some((_, shown)) if !is_right(&with_examples, shown) => Fate::Failed,
                Some((outcome, _)) => {
                    let key = serde_json::to_string(outcome).unwrap_or_default();
                    let next = classes.len() as u32 + 1;
                    Fate::Class(*classes.entry(key).or_insert(next))
                }
            };
            sampled.fates.push(fate);
        }
        Ok(sampled)
    }

    /// Draws at the run's temperature, none of them greedy.
    pub(crate) fn replies(
        &self,
        subject: &str,
        prompt: &Arc<Prompt>,
        config: &RunConfig,
        draws: u32,
    ) -> Result<Vec<RawReply>, EngineError> {
        let hash = hash_of_prompt(prompt);
        let seed = |index: u32| {
            Hash::of("bench draw", &[hash.as_str().as_bytes(), &index.to_le_bytes()]).seed() as u32
        };
        let draws: Vec<Draw> = (0..draws)
            .map(|index| Draw { index, seed: seed(index), temperature: config.temperature })
            .collect();
        let action = SampleAction {
            step: 0,
            subject: subject.to_owned(),
            prompt_hash: hash,
            prompt: Arc::clone(prompt),
            draws: draws.clone(),
            drawing: Drawing::Continuous,
        };
        let sampler = self.sampler(&mut |_| {})?;
        let (sink, mut events) = mpsc::unbounded_channel();
        let request = perform::request(&action, &draws);
        let cancel = CancellationToken::new();
        self.block_on(sampler.sample(request, sink, cancel))?;
        let mut replies = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let SampleEvent::Drawn(drawn) = event {
                replies.push(perform::reply(drawn));
            }
        }
        Ok(replies)
    }
}

#[derive(Debug, Default)]
struct Sampled {
    right: u32,
    fates: Vec<Fate>,
}

/// The function in question with the truth in place of its examples.
fn truth(task: &CurriculumTask) -> Result<FunctionSpec, Vec<SpecError>> {
    let mut spec = task.spec.clone();
    if let Some(function) = spec
        .get_mut("functions")
        .and_then(serde_json::Value::as_array_mut)
        .and_then(|functions| functions.last_mut())
        .and_then(serde_json::Value::as_object_mut)
    {
        function.insert("examples".to_owned(), task.truth.clone().into());
        // Postconditions are the spec's business; the truth stands by itself.
        function.insert("ensures".to_owned(), serde_json::json!([]));
    }
    let name = format!("{} (truth)", task.id);
    let specs = spec::parse(spec.to_string().as_bytes(), &name)?;
    let wanted = task
        .spec
        .get("functions")
        .and_then(serde_json::Value::as_array)
        .and_then(|functions| functions.last())
        .and_then(|function| function.get("name"))
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let found =
        specs.into_iter().flat_map(|spec| spec.functions).find(|function| function.name == wanted);
    found.ok_or_else(|| {
        vec![SpecError {
            file: name,
            line: 1,
            column: 1,
            offending: String::new(),
            message: "the task has no function".to_owned(),
            hint: None,
        }]
    })
}

/// Whether every true call came out as it should.
fn is_right(truth: &FunctionSpec, outcome: &Outcome) -> bool {
    let Outcome::Ran(observations) = outcome else { return false };
    let met = |(example, observation): (&spec::Example, &Observation)| {
        example.is_met_by(truth, observation)
    };
    !observations.is_empty()
        && observations.len() == truth.examples.len()
        && truth.examples.iter().zip(observations).all(met)
}

/// What was heard of a winner beside its race.
fn signs(settled: &Settled) -> Vec<&'static str> {
    let mut signs: Vec<&'static str> = settled
        .heard
        .iter()
        .map(|said| {
            let [else_, same, few, silent] = match said.witness {
                Witness::Language(_) => [
                    "the other language does something else",
                    "the other language does the same",
                    "the other language differs on a few inputs",
                    "the other language is silent",
                ],
                Witness::Model(_) => [
                    "the other model does something else",
                    "the other model does the same",
                    "the other model differs on a few inputs",
                    "the other model is silent",
                ],
            };
            match said {
                said if said.contradicts() => else_,
                said if said.agrees() => same,
                said if said.other > 0 => few,
                _ => silent,
            }
        })
        .collect();
    if let Some(probes) = settled.probes {
        signs.push(match probes {
            Probes { parted: true, .. } => "proposed calls tell texts apart",
            Probes { new: 0, .. } => "no proposed call is new",
            Probes { .. } => "proposed calls tell nothing apart",
        });
    }
    if matches!(settled.reason, Some(Reason::DescribedOtherwise { .. })) {
        signs.push("it is described otherwise");
    }
    signs
}

/// The reason's name in reports.
fn word(reason: &Reason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

fn config_prior(config: &RunConfig, function: &FunctionSpec) -> Prior {
    config.prior("function", Some(function.signature.language))
}

/// Races over samples drawn anew from the ones that were seen.
const RACES: u32 = 200;

/// The mean number of samples that a race counts until it is decided or all are spent.
fn simulate(
    fates: &[Fate],
    prior: &Prior,
    oracles: OracleKind,
    steps: u64,
    target: f64,
    samples_max: u32,
) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut total = 0_u64;
    let mut margins: BTreeMap<Seen, Option<Margin>> = BTreeMap::new();
    for _ in 0..RACES {
        let mut tally = Tally::default();
        let mut seen = Seen::default();
        for counted in 1..=samples_max {
            seen.drawn = counted;
            let fate = fates.get(next() as usize % fates.len()).copied().unwrap_or(Fate::Out);
            match fate {
                Fate::Out => {}
                Fate::Failed => seen.valid += 1,
                Fate::Class(class) => {
                    seen.valid += 1;
                    seen.survived += 1;
                    tally.vote(ClassId(class));
                }
            }
            let margin = *margins.entry(seen).or_insert_with(|| {
                let p = vote::posterior(prior, oracles, seen);
                Margin::for_target(p, steps, target).ok()
            });
            let decided = margin.is_some_and(|margin| tally.ahead_by(margin).is_some());
            if decided || counted == samples_max {
                total += u64::from(counted);
                break;
            }
        }
    }
    total as f64 / f64::from(RACES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerr_core::vote::PriorSource;

    #[test]
    fn a_simulated_race_takes_about_as_many_votes_as_the_formula_says() {
        // Nine of ten samples are right, the others are wrong in one way.
        let fates: Vec<Fate> = (0..10).map(|i| Fate::Class(u32::from(i == 9))).collect();
        let prior = Prior::new(0.95, PriorSource::Card);
        let p = vote::posterior(&prior, OracleKind::TypesOnly, Seen::default());
        let k = Margin::for_target(p, 1, 0.95).unwrap();
        let mean = simulate(&fates, &prior, OracleKind::TypesOnly, 1, 0.95, 64);
        let expected = vote::expected_votes(0.9, k);
        assert!((mean / expected - 1.0).abs() < 0.1, "{mean} ≠ {expected}");
        // Where nothing survives all samples are spent.
        let none = simulate(&[Fate::Failed], &prior, OracleKind::Behaviour, 1, 0.95, 20);
        assert!((none - 20.0).abs() < 1e-9);
    }

    #[test]
    fn the_truth_of_a_task_is_read_beside_its_spec() {
        let line = r#"{"id": "a", "tasks": "phrasings", "group": "g", "shown": 1, "spec": {"name": "t",
            "language": "python", "functions": [{"name": "twice", "signature": "def twice(x: int) -> int",
            "description": "d", "examples": [{"args": [1], "returns": 2}]}]},
            "truth": [{"args": [2], "returns": 4}, {"args": [3], "returns": 6}]}"#;
        let task: CurriculumTask = serde_json::from_str(line).unwrap();
        let truth = truth(&task).unwrap();
        assert_eq!(truth.examples.len(), 2);
        let returned = |n: i64| Observation::Returned {
            value: zerr_core::value::Value::int(zerr_core::value::IntKind::Big, n),
            mutated: Vec::new(),
        };
        assert!(is_right(&truth, &Outcome::Ran(vec![returned(4), returned(6)])));
        assert!(!is_right(&truth, &Outcome::Ran(vec![returned(4), returned(7)])));
        assert!(!is_right(&truth, &Outcome::Ran(vec![returned(4)])));
        let nothing = FunctionSpec { examples: Vec::new(), ..truth };
        assert!(!is_right(&nothing, &Outcome::Ran(Vec::new())), "nothing is no truth");
    }
}
