//! What a step came to. Main types: [`Settled`], [`Reason`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::observe::Observation;
use crate::run::Finished;
use crate::run::assumption::Assumption;
use crate::run::confidence;
use crate::run::config::{Acceptance, RunConfig};
use crate::run::oracle::{Judge, call_text, outcome_text};
use crate::run::probes::{Probes, Search};
use crate::run::question::{self, Question};
use crate::run::step::{Source, Step};
use crate::run::strength::Strength;
use crate::scope::Outside;
use crate::spec::{Example, FunctionSpec};
use crate::supposed::supposed;
use crate::verdict::{LayerId, LayerOutcome, LayerVerdict, Verdict};
use crate::vote::Prior;
use crate::witness::{Testimony, Witness};

/// A finished step, small enough to keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// What zerr says of it.
    pub verdict: Verdict,
    /// Why there is no winner, if there is none.
    pub reason: Option<Reason>,
    /// The text that won.
    pub source: Option<String>,
    /// The margin that was asked for; `None` when p was never safe.
    pub k: Option<u32>,
    /// The chance that one vote is right.
    pub p: f64,
    /// What was believed before any sample.
    pub prior: Prior,
    /// Draws counted.
    pub samples: u32,
    /// Draws made.
    pub drawn: u32,
    /// Red flags by kind.
    pub red_flags: BTreeMap<String, u32>,
    /// Packages that red-flagged samples would need and the project does not depend on, and how many
    /// samples do.
    #[serde(default)]
    pub wanted: BTreeMap<String, u32>,
    /// Refused by a compiler or loader.
    pub rejected: u32,
    /// Refuted by an example or contract.
    pub failed: u32,
    /// The classes of the race, most votes first.
    pub classes: Vec<ClassSummary>,
    /// The counted draws in their order.
    #[serde(default)]
    pub race: Vec<Counted>,
    /// What the winner does where the spec is silent.
    pub assumptions: Vec<Assumption>,
    /// Calls on which classes that nothing refutes differ, first those that part most votes.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// What each layer said.
    pub layers: Vec<LayerOutcome>,
    /// How many inputs the classes were compared on.
    pub inputs: u32,
    /// How sure the race is of its winner, from 0 to 1, and no probability; `None` without a winner.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// What others do that were asked for the same function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<Testimony>,
    /// What came of asking the model on which calls two texts of the winner differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,
    /// What came of searching for such calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// No class led by k: it is what agrees most with all candidates.
    #[serde(default)]
    pub consensus: bool,
    /// What it calls and is only agreed, so that it cannot be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leans_on: Option<String>,
    /// Words of the description that the model does not know the task, or what it calls, by: it cannot be more than
    /// agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untaught: Vec<String>,
    /// What it calls, and might give anything without an example that notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unshown: Option<String>,
    /// Mutants killed and mutants that lived; those that do the same everywhere are not counted.
    pub mutants: Option<(u32, u32)>,
}

/// What one draw came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// It could not be read as the function.
    RedFlag,
    /// A compiler or loader refused it.
    Rejected,
    /// An example or contract refuted it.
    Failed,
    /// It voted for the class at this place of the list of classes.
    Vote(u32),
}

/// One class of a race.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassSummary {
    /// Its votes up to the decision.
    pub votes: u32,
    /// Distinct texts in it.
    pub texts: u32,
    /// `winner`, `refuted`, or `rival`.
    pub standing: Standing,
    /// The text of its first candidate.
    pub source: String,
    /// The first call on which it differs from the leader, and what each does.
    pub differs: Option<String>,
}

/// How a class came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It won.
    Winner,
    /// A layer refuted it.
    Refuted,
    /// Neither.
    Rival,
}

/// Why a step has no winner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The model was not taught this: it is not asked.
    #[error("the task is outside of what this model knows ({})", lacking(words, name))]
    OutsideScope {
        /// Words of the description that the closest known task lacks.
        words: Vec<String>,
        /// Words of the name that speak against it.
        #[serde(default)]
        name: Vec<String>,
        /// Whether it would be asked for with two examples that give different results.
        #[serde(default)]
        examples: bool,
    },
    /// A model that is asked only for what it knows cannot tell by the name whether it does.
    #[error(
        "the function's name says nothing that this model could be held to, and no example does"
    )]
    Nameless,
    /// The model was taught this over functions that it may call, and writes something else without.
    #[error("this model knows the task only where the function may call what it is made of")]
    OnlyCalling,
    /// Not one sample could be read.
    #[error("every sample was red-flagged")]
    AllFlagged {
        /// The first few flags.
        complaints: Vec<String>,
    },
    /// Samples could be read, but none passed the hard oracles.
    #[error("no candidate meets the examples and contracts")]
    NoSurvivor {
        /// The first few failures.
        complaints: Vec<String>,
    },
    /// The examples have to speak for what it calls, and do not.
    #[error(
        "its examples hold whatever `{part}` does, so that nothing shows that it is what is meant"
    )]
    PartNotShown {
        /// What it calls.
        part: String,
    },
    /// A part of something that was not accepted, which nothing else speaks for.
    #[error("only what calls it speaks for it, and none of that was accepted")]
    PartOfNothing,
    /// Every class that won was refuted.
    #[error("every class that led was refuted")]
    AllRefuted {
        /// What refuted them.
        complaints: Vec<String>,
    },
    /// Survivors are too likely to be wrong for votes to mean anything.
    #[error("one vote is right with probability {p:.2} only, which is not safely above one half")]
    LowConfidence {
        /// That probability.
        p: f64,
    },
    /// No class leads by k: the most samples were drawn, or those that are left would hardly change it.
    #[error(
        "no class leads by k = {k} ({missing} more needed), and no more samples were left or would have \
         changed that"
    )]
    SamplesSpent {
        /// The margin.
        k: u32,
        /// What the leader lacks.
        missing: u32,
    },
    /// The candidates agree less than the stated risk asks for.
    #[error(
        "its candidates agree too little for a risk of {risk}: confidence {confidence:.2}, and {least:.2} is \
         needed"
    )]
    NotSure {
        /// How sure the race is.
        confidence: f64,
        /// How sure it has to be.
        least: f64,
        /// The risk.
        risk: f64,
    },
    /// What the model says that the winner does is not what was asked for.
    #[error(
        "its candidates agree, but the model describes what they do otherwise ({others} of {of} times): \
         \"{said}\""
    )]
    DescribedOtherwise {
        /// One of these descriptions.
        said: String,
        /// How many are of another task.
        others: u32,
        /// How many there are.
        of: u32,
    },
    /// Samples of the same function by a witness mostly do something else.
    #[error(
        "its candidates agree, but {votes} of {of} samples {witness} do something else: {call} gives {other} \
         there and {own} here"
    )]
    WitnessDiffers {
        /// Who was asked, as in "samples of the model `x`".
        witness: String,
        /// Samples that do one other thing.
        votes: u32,
        /// Samples drawn.
        of: u32,
        /// A call on which they differ.
        call: String,
        /// What the winner does.
        own: String,
        /// What they do.
        other: String,
    },
    /// A step below it has no winner.
    #[error("`{name}`, which it calls, has no winner")]
    DependsOn {
        /// That step.
        name: String,
    },
    /// The user's time limit.
    #[error("the time limit was reached")]
    TimeLimit,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A part of zerr or of the machine failed.
    #[error("{message}")]
    Failed {
        /// What went wrong.
        message: String,
        /// What to do; may be empty.
        hint: String,
    },
}

impl From<Outside> for Reason {
    fn from(outside: Outside) -> Self {
        let Outside { words, name, nameless, examples, calling } = outside;
        match (nameless, calling) {
            (true, _) => Self::Nameless,
            (_, true) => Self::OnlyCalling,
            _ => Self::OutsideScope { words, name, examples },
        }
    }
}

impl Reason {
    /// What a person can do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Nameless => {
                "give the function a name that says what it does, or an example; or use a larger \
                 model (`--model path.gguf`)"
                    .into()
            }
            Self::OnlyCalling => {
                "put what it is made of into the spec and list it in `depends_on`; or use a larger \
                 model (`--model path.gguf`)"
                    .into()
            }
            Self::OutsideScope { examples: true, .. } => {
                "give two examples with different results, since its name says what it is; or use \
                 a larger model (`--model path.gguf`)"
                    .into()
            }
            Self::OutsideScope { words, name, .. } if words.is_empty() && name.is_empty() => {
                "say in the description what the function does".into()
            }
            Self::OutsideScope { words, .. } if words.is_empty() => {
                "where it is one of the functions that `cargo zerr model info` lists, call it so; \
                 or use a larger model (`--model path.gguf`)"
                    .into()
            }
            Self::OutsideScope { .. } => {
                "use a larger model (`--model path.gguf`); `cargo zerr model info` says what this \
                 one knows"
                    .into()
            }
            Self::AllFlagged { .. } | Self::NoSurvivor { .. } => {
                "the model does not know this task: try a larger one (`--model path.gguf`), or \
                 split the function into smaller ones"
                    .into()
            }
            Self::AllRefuted { .. } => {
                "look at what refuted the winners; a larger model (`--model path.gguf`) may do \
                 better"
                    .into()
            }
            Self::LowConfidence { .. } => {
                "give examples or an `ensures`, so that wrong candidates are seen, or use a larger \
                 model (`--model path.gguf`)"
                    .into()
            }
            Self::SamplesSpent { .. } => {
                "raise `--max-samples`, say in an example what should happen where the classes \
                 differ, or use a larger model (`--model path.gguf`)"
                    .into()
            }
            Self::NotSure { .. } => {
                "say in examples what should happen where the candidates differ, use a larger model, \
                 or state a larger `--risk`"
                    .into()
            }
            Self::DescribedOtherwise { .. } | Self::WitnessDiffers { .. } => {
                "say in an example what should come out, or use a larger model (`--model path.gguf`)"
                    .into()
            }
            Self::PartNotShown { part } => {
                format!("add an example whose result would be another without `{part}`")
            }
            Self::PartOfNothing => "give it examples of its own".into(),
            Self::DependsOn { name } => format!("settle `{name}` first"),
            Self::TimeLimit => "raise `--time-limit`; `cargo zerr runs resume` goes on".into(),
            Self::Interrupted => "`cargo zerr runs resume` goes on".into(),
            Self::Failed { hint, .. } => hint.clone(),
        }
    }
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().take(4).map(|word| format!("`{word}`")).collect();
    if words.is_empty() { "nothing in it says what to do".into() } else { words.join(", ") }
}

/// What a request has that no known task has.
fn lacking(words: &[String], name: &[String]) -> String {
    if name.is_empty() {
        return quoted(words);
    }
    let name = format!("its name: {}", quoted(name));
    if words.is_empty() { name } else { format!("{}; {name}", quoted(words)) }
}

const ASSUMPTIONS_MAX: usize = 6;

/// Candidates of which at least one in so many has to meet the oracles, if there are some.
const MET_SHARE: u32 = 4;
const TRIED_LEAST: u32 = 8;

impl Settled {
    pub(super) fn without_winner(step: &Step, reason: Reason) -> Self {
        let mut settled = Self::common(step, None);
        let refuted = matches!(reason, Reason::AllRefuted { .. });
        settled.verdict = if refuted { Verdict::Refuted } else { Verdict::Undecided };
        settled.reason = Some(reason);
        settled
    }

    pub(super) fn of_answer(step: &Step, class: usize) -> Self {
        let mut settled = Self::common(step, Some(class));
        let source = step.race.classes.get(class).and_then(|class| class.sources.first());
        settled.verdict = Verdict::Agreed;
        settled.source =
            source.and_then(|source| step.sources.get(*source)).map(|source| source.text.clone());
        settled
    }

    pub(super) fn of_function(
        step: &Step,
        class: usize,
        mutants: &[(&Source, &String)],
        checked: Vec<LayerOutcome>,
        config: &RunConfig,
    ) -> Self {
        let mut settled = Self::common(step, Some(class));
        let winner = step
            .race
            .classes
            .get(class)
            .and_then(|class| class.sources.first())
            .and_then(|source| step.sources.get(*source));
        let (Some(function), Some(winner)) = (step.function(), winner) else { return settled };
        settled.source = Some(winner.text.clone());
        let judge = Judge::new(function, &step.inputs, &step.suspects);
        let strength = Strength::measure(&judge, &step.race.left_out, winner, mutants);
        settled.mutants = Some((strength.killed, strength.lived));
        settled.assumptions.extend(supposed(function).into_iter().map(Assumption::from));
        settled.assumptions.extend(strength.assumptions.iter().cloned());
        settled.assumptions.extend(panics(&judge, step, winner));
        let unended = unended(step, winner);
        settled.assumptions.extend(endless(&judge, step, winner, &unended));
        let alone = ends_alone(step, class, winner);
        settled.assumptions.extend(alone.iter().take(1).filter_map(|input| {
            Some(Assumption {
                call: judge.call(*input),
                outcome: outcome_text(function, winner.observations()?.get(*input)?),
                why: "the candidates that do the same elsewhere do not end there".into(),
            })
        }));
        for suspect in &step.suspects {
            if let Some(example) = function.examples.get(*suspect) {
                settled.assumptions.push(Assumption {
                    call: example.text.clone(),
                    outcome: "not met".into(),
                    why: "no candidate meets this example although most meet all the others: it \
                          may be wrong"
                        .into(),
                });
            }
        }
        if let Some(unread) = &function.unread {
            let unread = Assumption {
                call: unread.clone(),
                outcome: "not read".into(),
                why: "it may be an example, and nothing was held against it".into(),
            };
            settled.assumptions.insert(0, unread);
        }
        settled.assumptions.truncate(ASSUMPTIONS_MAX);
        let seen = winner.observations().unwrap_or_default();
        settled.layers = layers(&judge, (step, seen), checked, &strength, config);
        let strong = settled.layers.iter().any(|layer| {
            layer.layer == LayerId::OracleStrength && layer.verdict == LayerVerdict::Passed
        });
        let judged = judge.was_judged(winner.observations().unwrap_or_default());
        settled.consensus = step.race.winner.is_none();
        let independent = judged
            && !settled.consensus
            && step.suspects.is_empty()
            && function.unread.is_none()
            && unended.is_empty()
            && alone.is_empty()
            && !question::is_contested(step, class)
            && !settled.questions.iter().any(Question::is_open);
        settled.verdict = if independent && strong { Verdict::Verified } else { Verdict::Agreed };
        settled.hold_to(config, function.signature.language);
        settled
    }

    /// Takes back what nothing but votes speaks for, where the model's own descriptions of it are of another
    /// task of its scope more often than of the one that was asked for.
    pub(super) fn hold_to_words(
        &mut self,
        function: &FunctionSpec,
        said: &[String],
        config: &RunConfig,
    ) {
        let Some(scope) = config.scope.as_ref().filter(|_| self.verdict == Verdict::Agreed) else {
            return;
        };
        let verdicts = said.iter().map(|text| scope.agrees(function, text));
        let (mut own, mut others) = (0, Vec::new());
        for (text, verdict) in said.iter().zip(verdicts) {
            match verdict {
                Some(true) => own += 1,
                Some(false) => others.push(text),
                None => {}
            }
        }
        if let Some(first) = others.first().filter(|_| others.len() > own && others.len() > 1) {
            self.verdict = Verdict::Undecided;
            self.source = None;
            self.reason = Some(Reason::DescribedOtherwise {
                said: (*first).clone(),
                others: others.len() as u32,
                of: said.len() as u32,
            });
        }
    }

    /// A function is no better than what it calls: its oracles may not reach where that is wrong.
    pub(super) fn lean_on<'a>(&mut self, mut below: impl Iterator<Item = &'a Finished>) {
        if self.verdict == Verdict::Verified
            && let Some(called) = below.find(|step| step.settled.verdict == Verdict::Agreed)
        {
            self.verdict = Verdict::Agreed;
            self.leans_on = Some(called.name.clone());
        }
    }

    /// What a model with a scope says of tasks that it does not know. Examples that fit a near miss fit what it
    /// knows, too; where they refute most of its candidates, it knows something else, and one that is left is
    /// a lucky one; and an example that none of its candidates meets is no wrong one.
    pub(super) fn doubt(&mut self, untaught: Vec<String>, unmet: Option<&Example>) {
        if let Some(example) = unmet.filter(|_| self.source.is_some()) {
            let complaints = vec![format!("no candidate gives `{}`", example.text)];
            self.refuse(Reason::NoSurvivor { complaints });
        }
        let (met, of) = self.met();
        if self.is_lucky() {
            self.refuse(Reason::LowConfidence { p: f64::from(met) / f64::from(of) });
        }
        if let Some(part) = self.unshown.clone().filter(|_| self.source.is_some()) {
            self.refuse(Reason::PartNotShown { part });
        }
        if self.verdict == Verdict::Verified && !untaught.is_empty() {
            self.verdict = Verdict::Agreed;
        }
        self.untaught = untaught;
    }

    /// Takes the winner back.
    pub(super) fn refuse(&mut self, reason: Reason) {
        self.verdict = Verdict::Undecided;
        self.source = None;
        self.reason = Some(reason);
    }

    /// Candidates that meet the oracles, and those that run.
    fn met(&self) -> (u32, u32) {
        let met: u32 = self.classes.iter().map(|class| class.votes).sum();
        (met, met + self.failed)
    }

    /// Whether so few candidates meet the oracles that the winner may do so by luck.
    fn is_lucky(&self) -> bool {
        let (met, of) = self.met();
        of >= TRIED_LEAST && MET_SHARE * met < of && self.source.is_some()
    }

    /// What a model without a scope cannot do, some of its samples still meet a few examples of; the first that
    /// agree are no more than that.
    pub(super) fn doubt_lucky(&mut self) {
        if self.is_lucky() && self.verdict == Verdict::Verified {
            let (met, of) = self.met();
            self.verdict = Verdict::Agreed;
            self.assumptions.push(Assumption {
                call: "the examples and contracts".to_owned(),
                outcome: format!("met by {met} of {of} candidates"),
                why: "where so few meet them, one may by luck".into(),
            });
        }
    }

    /// Takes back what another model mostly does otherwise, and tells where most samples of any witness
    /// do something else.
    pub(super) fn hold_to_witnesses(&mut self, mut heard: Vec<Testimony>) {
        for said in &mut heard {
            said.samples.clear();
            let Some(first) = said.first.clone() else { continue };
            // One model's languages share its mistakes, and differ where the spec is silent: that is told. What is only
            // agreed is taken back where the two have nothing in common, or its own samples differ as well.
            let refuses = match said.witness {
                Witness::Model(_) => said.contradicts(),
                Witness::Language(_) => {
                    let divided = self.classes.len() > 1 && said.contradicts();
                    self.verdict == Verdict::Agreed && (said.denies() || divided)
                }
            };
            if refuses {
                if matches!(self.verdict, Verdict::Verified | Verdict::Agreed) {
                    self.verdict = Verdict::Undecided;
                    self.source = None;
                    self.reason = Some(Reason::WitnessDiffers {
                        witness: said.witness.to_string(),
                        votes: said.other,
                        of: said.drawn,
                        call: first.call,
                        own: first.own,
                        other: first.other,
                    });
                }
            } else if said.other > said.same {
                // Another model that meets the same examples and differs anywhere leaves it to votes.
                if said.doubts() && matches!(said.witness, Witness::Model(_)) {
                    self.verdict = self.verdict.max(Verdict::Agreed);
                }
                self.assumptions.push(Assumption {
                    call: first.call,
                    outcome: first.own,
                    why: format!(
                        "{} of {} samples {} give {}",
                        said.other, said.drawn, said.witness, first.other
                    ),
                });
            }
        }
        self.assumptions.truncate(ASSUMPTIONS_MAX);
        self.heard = heard;
    }

    /// Takes back what is not as sure as the stated risk asks for.
    fn hold_to(&mut self, config: &RunConfig, language: Language) {
        let asked = config.acceptance.iter().find(|one| one.language == language);
        let Some(acceptance) = asked else { return };
        let confidence = self.confidence.unwrap_or(0.0);
        if confidence < acceptance.least {
            self.verdict = Verdict::Undecided;
            self.source = None;
            let Acceptance { least, risk, .. } = *acceptance;
            self.reason = Some(Reason::NotSure { confidence, least, risk });
        }
    }

    fn common(step: &Step, winner: Option<usize>) -> Self {
        let race = &step.race;
        let mut order: Vec<usize> = (0..race.classes.len()).collect();
        let votes = |class: usize| race.classes.get(class).map_or(0, |class| class.votes);
        order.sort_by_key(|class| {
            (winner != Some(*class), std::cmp::Reverse(votes(*class)), *class)
        });
        let source = |class: usize| {
            let position = race.classes.get(class)?.sources.first()?;
            step.sources.get(*position)
        };
        let leader = order.first().and_then(|class| source(*class));
        let place = |class: u32| order.iter().position(|one| *one == class as usize);
        let draws = race.draws.iter().map(|draw| match draw {
            Counted::Vote(class) => Counted::Vote(place(*class).unwrap_or_default() as u32),
            other => *other,
        });
        let draws = draws.collect();
        let mut assumptions = Vec::new();
        let classes = order
            .iter()
            .filter_map(|class| {
                let entry = race.classes.get(*class)?;
                let text = source(*class)?;
                let difference =
                    leader.and_then(|leader| difference(step, leader, text, &race.left_out));
                if let (Some(difference), Some(_)) = (&difference, winner) {
                    assumptions.push(Assumption {
                        call: difference.call.clone(),
                        outcome: difference.leader.clone(),
                        why: format!(
                            "a rival class with {} votes: {}",
                            entry.votes, difference.rival
                        ),
                    });
                }
                Some(ClassSummary {
                    votes: entry.votes,
                    texts: entry.sources.len() as u32,
                    standing: match (winner == Some(*class), entry.struck) {
                        (true, _) => Standing::Winner,
                        (false, true) => Standing::Refuted,
                        (false, false) => Standing::Rival,
                    },
                    source: text.text.clone(),
                    differs: difference.map(|difference| {
                        format!(
                            "{}: {} (leader: {})",
                            difference.call, difference.rival, difference.leader
                        )
                    }),
                })
            })
            .collect();
        Self {
            verdict: Verdict::Undecided,
            reason: None,
            source: None,
            k: race.margin.map(crate::vote::Margin::get),
            p: if race.counted == 0 { step.prior.p } else { race.p },
            prior: step.prior.clone(),
            samples: race.counted,
            drawn: step.judged.len() as u32,
            red_flags: race.flags.clone(),
            wanted: race.wanted.clone(),
            rejected: race.rejected,
            failed: race.failed,
            classes,
            race: draws,
            assumptions,
            questions: question::questions(step, &order),
            layers: Vec::new(),
            inputs: (step.inputs.len() - race.left_out.len().min(step.inputs.len())) as u32,
            mutants: None,
            heard: Vec::new(),
            probes: step.probes,
            search: step.search,
            consensus: false,
            leans_on: None,
            untaught: Vec::new(),
            unshown: None,
            confidence: winner
                .filter(|_| step.function().is_some())
                .map(|it| confidence::of(step, it)),
        }
    }
}

struct Difference {
    call: String,
    leader: String,
    rival: String,
}

fn difference(
    step: &Step,
    leader: &Source,
    rival: &Source,
    left_out: &BTreeSet<usize>,
) -> Option<Difference> {
    let function = step.function()?;
    let (ours, theirs) = (leader.observations()?, rival.observations()?);
    let input = ours
        .iter()
        .zip(theirs)
        .enumerate()
        .find(|(input, (a, b))| !left_out.contains(input) && a.key() != b.key())
        .map(|(input, _)| input)?;
    Some(Difference {
        call: call_text(function, step.inputs.get(input)?),
        leader: outcome_text(function, ours.get(input)?),
        rival: outcome_text(function, theirs.get(input)?),
    })
}

/// Inputs on which the winner does not end although another candidate that nothing refutes does.
fn unended(step: &Step, winner: &Source) -> Vec<usize> {
    let others = || step.race.classes.iter().flat_map(|class| &class.sources);
    let ends = |input: usize| {
        others()
            .filter_map(|source| step.sources.get(*source)?.observations()?.get(input))
            .any(Observation::is_settled)
    };
    let own = winner.observations().unwrap_or_default().iter().enumerate();
    own.filter(|(_, seen)| !seen.is_settled())
        .map(|(input, _)| input)
        .filter(|at| ends(*at))
        .collect()
}

/// Inputs that were not compared, on which no other text of the winner's class ends as it does.
fn ends_alone(step: &Step, class: usize, winner: &Source) -> Vec<usize> {
    let sources = step.race.classes.get(class).map_or(&[][..], |class| &class.sources);
    if sources.len() < 2 {
        return Vec::new();
    }
    let ending = |input: usize| {
        let seen = sources
            .iter()
            .filter_map(|source| step.sources.get(*source)?.observations()?.get(input));
        seen.filter(|seen| seen.is_settled()).count()
    };
    let own = winner.observations().unwrap_or_default();
    let is_own = |input: &&usize| own.get(**input).is_some_and(Observation::is_settled);
    let inputs = step.race.left_out.iter().filter(is_own).copied();
    inputs.filter(|input| ending(*input) < 2).collect()
}

/// The first call that was not compared because few candidates end on it, where the winner is not one of
/// them.
fn endless(
    judge: &Judge<'_>,
    step: &Step,
    winner: &Source,
    unended: &[usize],
) -> Option<Assumption> {
    let own = winner.observations()?;
    let open = |input: &&usize| own.get(**input).is_some_and(|seen| !seen.is_settled());
    let all = || step.race.left_out.iter().filter(open);
    let input = all().find(|input| unended.contains(input)).or_else(|| all().next())?;
    Some(Assumption {
        call: judge.call(*input),
        outcome: outcome_text(judge.function, own.get(*input)?),
        why: if unended.contains(input) {
            "another candidate that meets the same oracles ends there".into()
        } else {
            "no candidate ends there within the limit".into()
        },
    })
}

/// Calls that the spec allows and on which the winner does not return.
fn panics(judge: &Judge<'_>, step: &Step, winner: &Source) -> Vec<Assumption> {
    let observations = winner.observations().unwrap_or_default();
    let mut seen = BTreeSet::new();
    observations
        .iter()
        .enumerate()
        .filter(|(input, observation)| {
            !matches!(observation, Observation::Returned { .. })
                && !judge.is_example(*input)
                && !step.race.left_out.contains(input)
        })
        .filter(|(_, observation)| seen.insert(observation.key()))
        .map(|(input, observation)| Assumption {
            call: judge.call(input),
            outcome: outcome_text(judge.function, observation),
            why: "nothing in the spec says so".into(),
        })
        .collect()
}

/// The full list of layers in order, those that did not run included.
fn layers(
    judge: &Judge<'_>,
    (step, seen): (&Step, &[Observation]),
    checked: Vec<LayerOutcome>,
    strength: &Strength,
    config: &RunConfig,
) -> Vec<LayerOutcome> {
    let mut by_id: BTreeMap<LayerId, LayerOutcome> =
        checked.into_iter().map(|outcome| (outcome.layer, outcome)).collect();
    let passed = |layer| LayerOutcome::ran(layer, Vec::new(), None, 0);
    by_id.entry(LayerId::Syntax).or_insert_with(|| passed(LayerId::Syntax));
    by_id.entry(LayerId::Contracts).or_insert_with(|| {
        if judge.function.ensures.is_empty() {
            LayerOutcome::not_run(LayerId::Contracts, "no `ensures` given")
        } else if !judge.saw_results(seen) {
            LayerOutcome::not_run(LayerId::Contracts, "no call returned anything to judge")
        } else {
            passed(LayerId::Contracts)
        }
    });
    by_id.entry(LayerId::UnitTests).or_insert_with(|| {
        if judge.function.examples.len() > step.suspects.len() {
            passed(LayerId::UnitTests)
        } else {
            let what = match judge.function.in_project {
                Some(_) => "no test of the project reaches it",
                None => "no examples given",
            };
            LayerOutcome::not_run(LayerId::UnitTests, what)
        }
    });
    by_id.entry(LayerId::OracleStrength).or_insert_with(|| strength.layer(judge, seen, config));
    LayerId::ALL
        .into_iter()
        .map(|layer| {
            let elsewhere = "looks at whole files: what it said stands with the file";
            by_id.remove(&layer).unwrap_or_else(|| LayerOutcome::not_run(layer, elsewhere))
        })
        .collect()
}
