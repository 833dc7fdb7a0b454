//! The rules of functions, with a scripted model and scripted hands; `chain_tests.rs` has the laws of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::observe::{Observation, Outcome};
use crate::plan::SpecPlan;
use crate::prompt::{Finish, RawReply};
use crate::spec;
use crate::value::{IntKind, Value};
use crate::verdict::{Finding, LayerId, LayerOutcome};
use crate::witness::{Apart, Testimony, Witness};

pub(super) fn reply(text: &str) -> RawReply {
    RawReply { text: text.into(), finish: Finish::Stop, invalid_utf8: false, tokens: 5 }
}

/// A world in which Python one-liners are understood.
#[derive(Clone)]
struct World<'a> {
    spec: &'a str,
    /// Replies by function name, used round robin.
    replies: BTreeMap<&'a str, Vec<&'a str>>,
    /// Text that makes the type checker object.
    ill_typed: Option<&'a str>,
    /// What the model says of a winner.
    said: Vec<&'a str>,
    /// What witnesses do.
    heard: Vec<Testimony>,
    /// Calls that the model proposes.
    probes: Vec<&'a str>,
    /// Replies that there are for a function.
    available: Option<u32>,
    /// What looks like an example of each function and was not read.
    unread: Option<&'a str>,
    config: RunConfig,
}

fn evaluate(source: &str, x: &BigIntLike) -> Observation {
    let body = source.rsplit("return ").next().unwrap_or("").trim();
    let int = |value: i128| Observation::Returned {
        value: Value::int(IntKind::Big, value),
        mutated: vec![],
    };
    let x = *x;
    match body {
        // A part of its own takes the place of the one that it calls.
        "part(x)" => int(match source.split("return ").nth(1).map(str::trim) {
            Some(inner) if inner.starts_with('0') => 0,
            Some(inner) if inner.starts_with('1') => 1,
            Some(inner) if inner.starts_with('x') => x,
            _ => x * 2,
        }),
        // It does not come to an end where its condition does not hold.
        "x * 2 if x < 999 else x * 2" if x >= 999 => Observation::TimedOut,
        "twice(x - 1) + 2" => Observation::Crashed { how: "signal 6".into() },
        "int(x) + x" if x == 4321 => Observation::TimedOut,
        // Right as far as the former comes to an end.
        "x * 2 if x < 999 else x + 999" => int(if x < 999 { x * 2 } else { x + 999 }),
        "x * 2" | "2 * x" | "x + x" | "int(x) + x" | "twice(x)" | "x * 2 if x < 999 else x * 2" => {
            int(x * 2)
        }
        // Wrong between the negative inputs that are drawn for it.
        "x + int(x)" => {
            let drawn = [-10, -11, -12, -14, -15, -20].contains(&x);
            int(if (-22..=-8).contains(&x) && !drawn { 0 } else { x * 2 })
        }
        // Other than its words say, so that no constant leads there.
        "int(x) * 2" => int(if x == 4321 { 0 } else { x * 2 }),
        "x ** 2" | "x * x" => int(x * x),
        "abs(x) * 2" => int(x.abs() * 2),
        "x * 3" => int(x * 3),
        "x // 2" => int(x.div_euclid(2)),
        "twice(twice(x))" => int(x * 4),
        "twice(x) + 1" => int(x * 2 + 1),
        other => match binary(other, x) {
            Some(value) => int(value),
            None => Observation::Raised { kind: "NameError".into(), message: body.into() },
        },
    }
}

/// `x + 2` and the like.
fn binary(body: &str, x: i128) -> Option<i128> {
    let mut tokens = body.split(' ');
    let mut operand = || match tokens.next()? {
        "x" => Some(x),
        number => number.parse().ok(),
    };
    let left = operand()?;
    let operator = body.split(' ').nth(1)?;
    let right = match body.split(' ').nth(2)? {
        "x" => x,
        number => number.parse().ok()?,
    };
    match operator {
        "+" => Some(left + right),
        "-" => Some(left - right),
        "*" => Some(left * right),
        _ => None,
    }
}

type BigIntLike = i128;

fn small(value: &Value) -> i128 {
    match value {
        Value::Int(_, value) => value.to_string().parse::<i64>().map_or(1 << 40, i128::from),
        _ => 0,
    }
}

impl World<'_> {
    fn play(&self) -> Run<SpecPlan> {
        let mut specs = spec::parse(self.spec.as_bytes(), "task_spec.yaml")
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        for function in specs.iter_mut().flat_map(|spec| &mut spec.functions) {
            function.unread = self.unread.map(str::to_owned);
        }
        let mut run = Run::new(SpecPlan::new(&specs, None), self.config.clone());
        for _ in 0..500 {
            let actions = run.next();
            if actions.iter().any(|action| matches!(action, Action::Finish)) {
                return run;
            }
            for action in actions {
                for event in self.perform(&run, action) {
                    run.apply(&Stamped { unix_ms: 1, event });
                }
            }
        }
        panic!("the run does not end: {:?}", run.views());
    }

    /// What was asked for last comes first.
    fn play_latest_first(&self) -> Run<SpecPlan> {
        let specs = spec::parse(self.spec.as_bytes(), "task_spec.yaml").unwrap();
        let mut run = Run::new(SpecPlan::new(&specs, None), self.config.clone());
        let mut pending: Vec<Event> = Vec::new();
        for _ in 0..5000 {
            for action in run.next() {
                if matches!(action, Action::Finish) {
                    return run;
                }
                pending.extend(self.perform(&run, action));
            }
            let event = pending.pop().expect("the run waits for nothing");
            run.apply(&Stamped { unix_ms: 1, event });
        }
        panic!("the run does not end: {:?}", run.views());
    }

    fn perform(&self, run: &Run<SpecPlan>, action: Action) -> Vec<Event> {
        match action {
            Action::Sample(sample) => {
                let name = run.plan().functions()[sample.step as usize].name.as_str();
                let replies = &self.replies[name];
                let there_are = self.available.unwrap_or(u32::MAX);
                let exhausted = sample.draws.iter().any(|draw| draw.index >= there_are);
                let exhausted = exhausted.then(|| Event::Exhausted {
                    step: sample.step,
                    prompt: sample.prompt_hash.clone(),
                    available: there_are,
                });
                sample
                    .draws
                    .iter()
                    .filter(|draw| draw.index < there_are)
                    .map(|draw| Event::Sampled {
                        step: sample.step,
                        prompt: sample.prompt_hash.clone(),
                        draw: draw.index,
                        reply: reply(replies[draw.index as usize % replies.len()]),
                    })
                    .chain(exhausted)
                    .collect()
            }
            Action::Observe(observe) => {
                let names: BTreeSet<_> = observe.sources.iter().map(|(hash, _)| hash).collect();
                assert_eq!(names.len(), observe.sources.len(), "nothing is asked for twice");
                let results = observe
                    .sources
                    .iter()
                    .map(|(_, text)| {
                        let run = |input: &Input| evaluate(text, &small(&input[0]));
                        Outcome::Ran(observe.inputs.iter().map(run).collect())
                    })
                    .collect();
                vec![Event::Observed {
                    step: observe.step,
                    context: observe.context_hash,
                    sources: observe.sources.into_iter().map(|(hash, _)| hash).collect(),
                    inputs: observe.inputs,
                    results,
                }]
            }
            Action::Check(check) => {
                let check = *check;
                let bad = self.ill_typed.is_some_and(|text| check.source.1.contains(text));
                let finding = Finding::error(LayerId::Types, "ill-typed", "no");
                let findings = if bad { vec![finding] } else { vec![] };
                vec![Event::Checked {
                    step: check.step,
                    context: check.context_hash,
                    source: check.source.0,
                    layers: vec![LayerOutcome::ran(LayerId::Types, findings, None, 1)],
                    said: match check.describe {
                        Some(_) => self.said.iter().map(|text| (*text).to_owned()).collect(),
                        None => Vec::new(),
                    },
                    heard: if check.witnesses.is_empty() { vec![] } else { self.heard.clone() },
                    probes: match check.distinguish {
                        Some(_) => self.probes.iter().map(|text| (*text).to_owned()).collect(),
                        None => Vec::new(),
                    },
                }]
            }
            Action::Whole(whole) => {
                let examples = whole
                    .functions
                    .iter()
                    .map(|function| {
                        let expected =
                            function.examples.iter().map(|example| match &example.expected {
                                crate::spec::Expected::Returns(value) => {
                                    Observation::Returned { value: value.clone(), mutated: vec![] }
                                }
                                _ => Observation::TimedOut,
                            });
                        (function.name.clone(), Outcome::Ran(expected.collect()))
                    })
                    .collect();
                vec![Event::WholeChecked {
                    language: whole.language,
                    text: whole.text,
                    layers: vec![],
                    examples,
                }]
            }
            Action::Cancel { .. } | Action::Finish => vec![],
        }
    }
}

const TWICE: &str = r#"
name: numbers
language: python
functions:
  - name: twice
    signature: "def twice(x: int) -> int"
    description: Doubles a number.
    examples:
      - { args: [2], returns: 4 }
      - { args: [-3], returns: -6 }
      - { args: [10], returns: 20 }
"#;

fn world<'a>(spec: &'a str, replies: &[(&'a str, &[&'a str])]) -> World<'a> {
    World {
        spec,
        replies: replies.iter().map(|(name, texts)| (*name, texts.to_vec())).collect(),
        ill_typed: None,
        said: Vec::new(),
        heard: Vec::new(),
        probes: Vec::new(),
        available: None,
        unread: None,
        config: RunConfig {
            assumed_p: 0.8,
            // Mutation of one-liners is tried elsewhere; the scripted world reads few bodies.
            mutants_max: 12,
            strength_min: 0.5,
            ..RunConfig::default()
        },
    }
}

const X2: &str = "def twice(x: int) -> int:\n    return x * 2";
const XX: &str = "def twice(x: int) -> int:\n    return x + x";
const SQUARE: &str = "def twice(x: int) -> int:\n    return x ** 2";
const TRIPLE: &str = "def twice(x: int) -> int:\n    return x * 3";
const ABS: &str = "def twice(x: int) -> int:\n    return abs(x) * 2";

#[test]
fn candidates_that_do_the_same_vote_together_and_examples_outvote_a_majority() {
    let run = world(TWICE, &[("twice", &[SQUARE, X2, SQUARE, XX, SQUARE])]).play();
    let step = run.finished().next().unwrap();
    assert_eq!(step.settled.verdict, Verdict::Verified, "{:#?}", step.settled);
    assert_eq!(step.settled.classes.len(), 1, "x * 2 and x + x are one class");
    assert_eq!(step.settled.classes[0].texts, 2);
    assert!(step.settled.failed > 0);
    assert_eq!(step.settled.classes[0].votes, step.settled.k.unwrap());
    assert_eq!(run.assembled().len(), 1);
    assert_eq!(run.assembled()[0].whole, WholeVerdict::Stands(Verdict::Verified));
}

#[test]
fn a_decision_without_any_oracle_is_agreed_at_best() {
    let spec = TWICE.split("    examples").next().unwrap();
    let run = world(spec, &[("twice", &[X2])]).play();
    let step = run.finished().next().unwrap();
    assert_eq!(step.settled.verdict, Verdict::Agreed);
    assert!(step.settled.k.unwrap() > 2, "{:?}", step.settled.k);
}

#[test]
fn what_witnesses_mostly_do_otherwise_is_undecided_or_told() {
    let unjudged = TWICE.split("    examples").next().unwrap();
    let rust = Witness::Language(Language::Rust);
    let model = Witness::Model("other".to_owned());
    let heard_of =
        |sources: &[&str], witness: &Witness, spec: &str, (same, other, apart): (u32, u32, u32)| {
            let first = Apart { call: "twice(2)".into(), own: "4".into(), other: "5".into() };
            let mut world = world(spec, &[("twice", sources)]);
            world.heard = vec![Testimony {
                witness: witness.clone(),
                drawn: 8,
                valid: same + other,
                same,
                other,
                compared: 20,
                apart,
                first: (other > 0).then_some(first),
                samples: vec![],
            }];
            world.config.witnesses = 8;
            if matches!(witness, Witness::Model(_)) {
                world.config.second = Some(SecondModel {
                    name: "other".to_owned(),
                    sha256: "00".to_owned(),
                    prompt_versions: None,
                });
            }
            world.play().finished().next().unwrap().settled.clone()
        };
    let heard =
        |witness: &Witness, spec: &str, said: (u32, u32, u32)| heard_of(&[X2], witness, spec, said);
    assert_eq!(heard(&rust, unjudged, (8, 0, 0)).verdict, Verdict::Agreed);
    let divided = [SQUARE, X2, X2, X2, X2, X2, X2, X2];
    assert_eq!(heard_of(&divided, &rust, unjudged, (8, 0, 0)).verdict, Verdict::Agreed);
    assert_eq!(heard_of(&divided, &rust, unjudged, (1, 6, 9)).verdict, Verdict::Agreed);
    assert_eq!(heard_of(&divided, &rust, unjudged, (1, 6, 15)).verdict, Verdict::Undecided);
    let settled = heard(&rust, unjudged, (1, 6, 15));
    assert_eq!(settled.verdict, Verdict::Agreed);
    let told = settled.assumptions.iter().find(|told| told.call == "twice(2)").unwrap();
    assert!(told.why.contains("6 of 8 samples in Rust give 5"), "{}", told.why);
    let settled = heard(&rust, unjudged, (0, 6, 18));
    assert_eq!(settled.verdict, Verdict::Undecided, "they have nothing in common");
    let why = settled.reason.unwrap().to_string();
    assert!(why.contains("6 of 8 samples in Rust"), "{why}");
    assert_eq!(heard(&rust, unjudged, (0, 3, 20)).verdict, Verdict::Agreed, "too few say so");
    assert_eq!(heard(&rust, unjudged, (0, 6, 17)).verdict, Verdict::Agreed, "some is alike");
    // Where examples judge, nobody else is asked in the other language.
    assert_eq!(heard(&rust, TWICE, (1, 6, 15)).verdict, Verdict::Verified);
    assert!(heard(&rust, TWICE, (1, 6, 15)).heard.is_empty());
    // Another model is asked for all.
    assert_eq!(heard(&model, TWICE, (8, 0, 0)).verdict, Verdict::Verified);
    let settled = heard(&model, TWICE, (1, 6, 15));
    assert_eq!(settled.verdict, Verdict::Undecided);
    let why = settled.reason.unwrap().to_string();
    assert!(why.contains("6 of 8 samples of the model `other`"), "{why}");
    assert_eq!(heard(&model, TWICE, (1, 6, 2)).verdict, Verdict::Agreed, "less than a quarter");
    assert_eq!(heard(&model, TWICE, (1, 3, 2)).verdict, Verdict::Verified, "too few say so");
}

#[test]
fn where_no_class_can_win_any_more_drawing_stops() {
    let spec = TWICE.split("    examples").next().unwrap();
    let mut world = world(spec, &[("twice", &[X2, TRIPLE, SQUARE, ABS])]);
    // Four equal classes, and one of them would have to lead by nine.
    world.config.assumed_p = 0.72;
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert!(matches!(settled.reason, Some(Reason::SamplesSpent { k: 9, .. })), "{settled:?}");
    assert!(settled.drawn < 64 && settled.drawn >= 24, "{}", settled.drawn);
    // A log of older rules comes to the end that it came to.
    world.config.race_rules = 0;
    assert_eq!(world.play().finished().next().unwrap().settled.drawn, 64);
    world.config.race_rules = 1;
    // A model that nobody measured is no better for more draws where nothing judges.
    world.config.assumed_p = 0.6;
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert!(matches!(settled.reason, Some(Reason::LowConfidence { .. })), "{:?}", settled.reason);
    assert_eq!(settled.drawn, 24);
}

#[test]
fn where_a_confidence_decides_a_race_without_a_winner_has_a_choice() {
    let spec = TWICE.split("    examples").next().unwrap();
    // Half agree on what is not negative.
    let mut world = world(spec, &[("twice", &[X2, TRIPLE, ABS, SQUARE])]);
    world.config.fragments = true;
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert_eq!((settled.verdict, settled.consensus), (Verdict::Agreed, true), "{settled:#?}");
    assert!(settled.source.unwrap().contains("* 2"));
    let sure = settled.confidence.unwrap();
    // Half as sure: what half of them do otherwise is an open question.
    assert!(sure > 0.12 && sure < 0.5, "{sure}");
    let accept = |least: f64| {
        let acceptance = Acceptance {
            language: Language::Python,
            least,
            risk: 0.1,
            error: 0.1,
            known: 99,
            chances: Vec::new(),
        };
        let mut world = world.clone();
        world.config.acceptance = vec![acceptance];
        world.play().finished().next().unwrap().settled.clone()
    };
    assert_eq!(accept(sure - 0.01).verdict, Verdict::Agreed);
    let settled = accept(sure + 0.01);
    assert!(matches!(settled.reason, Some(Reason::NotSure { .. })), "{:?}", settled.reason);
    // What meets the examples and leads is as it was.
    world.config.fragments = false;
    assert_eq!(world.play().finished().next().unwrap().settled.verdict, Verdict::Undecided);
}

#[test]
fn what_a_sampler_has_is_enough_to_decide_on_or_not() {
    let mut world = world(TWICE, &[("twice", &[X2, XX])]);
    world.available = Some(1);
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert_eq!((settled.verdict, settled.drawn), (Verdict::Undecided, 1));
    assert!(!matches!(settled.reason, Some(Reason::Failed { .. })), "{:?}", settled.reason);
    // Where a confidence decides there is a choice.
    world.config.fragments = true;
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert!(settled.verdict != Verdict::Undecided && settled.drawn == 1, "{settled:#?}");
}

#[test]
fn candidates_that_never_end_agree_on_nothing() {
    let spec = TWICE.split("    examples").next().unwrap();
    let endless = "def twice(x: int) -> int:\n    return twice(x - 1) + 2";
    let run = world(spec, &[("twice", &[endless])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Undecided, "{settled:#?}");
    assert!(matches!(settled.reason, Some(Reason::NoSurvivor { .. })), "{:?}", settled.reason);
    // One that ends outvotes any number of those.
    let run = world(spec, &[("twice", &[endless, endless, X2])]).play();
    assert_eq!(run.finished().next().unwrap().settled.verdict, Verdict::Agreed);
}

#[test]
fn what_only_votes_speak_for_is_held_against_the_model_s_own_words() {
    let spec = TWICE.split("    examples").next().unwrap();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let scope = crate::scope::Scope {
        subtasks: owned(&["double number", "add one to number", "double value"]),
        types: owned(&["int -> int", "int -> int", "int -> str"]),
        ..crate::scope::Scope::default()
    };
    let told = |spec: &str, said: &[&'static str]| {
        let mut world = world(spec, &[("twice", &[X2])]);
        world.said = said.to_vec();
        world.config.scope = Some(scope.clone());
        world.config.descriptions = 3;
        world.play().finished().next().unwrap().settled.clone()
    };
    assert_eq!(told(spec, &["Doubles the number."]).verdict, Verdict::Agreed);
    let another = "Add one to `x`.";
    let held = told(spec, &["Doubles the number.", another, another]);
    assert_eq!((held.verdict, &held.source), (Verdict::Undecided, &None));
    let reason = held.reason.unwrap().to_string();
    assert!(reason.contains("(2 of 3 times): \"Add one to `x`.\""), "{reason}");
    // As many say the one as the other; what lies outside of its scope says nothing.
    assert_eq!(told(spec, &["Doubles it.", another]).verdict, Verdict::Agreed);
    assert_eq!(told(spec, &["Triples the number."]).verdict, Verdict::Agreed);
    // Where a person's examples judge, it is not asked.
    assert_eq!(told(TWICE, &[another, another]).verdict, Verdict::Verified);
}

#[test]
fn examples_that_let_mutants_live_are_agreed_and_say_what_is_not_pinned_down() {
    let spec = TWICE
        .replace("      - { args: [-3], returns: -6 }\n      - { args: [10], returns: 20 }\n", "");
    let mut world = world(&spec, &[("twice", &[X2])]);
    world.config.strength_min = 0.99;
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Agreed, "{settled:#?}");
    let (_, lived) = settled.mutants.unwrap();
    assert!(lived > 0, "`x + 2` passes the one example");
    assert!(settled.assumptions.iter().any(|assumption| assumption.why.contains("a program with")));
}

#[test]
fn examples_that_a_function_which_does_nothing_meets_are_no_strong_oracle() {
    let verdict = |body: &str, examples: &[(i64, i64)]| {
        let mut spec = TWICE.split("    examples").next().unwrap().to_owned() + "    examples:\n";
        for (x, returns) in examples {
            let _ = writeln!(spec, "      - {{ args: [{x}], returns: {returns} }}");
        }
        let mut world = world(&spec, &[("twice", &[body])]);
        world.config.strength_min = 0.0;
        let run = world.play();
        let settled = run.finished().next().unwrap().settled.clone();
        let strength = settled.layers.iter().find(|it| it.layer == LayerId::OracleStrength);
        let said = strength.unwrap().findings.first().map(|it| it.message.clone());
        (settled.verdict, said.unwrap_or_default())
    };
    let (same, why) = verdict(ABS, &[(4, 8), (-4, 8)]);
    assert_eq!(same, Verdict::Agreed, "{why}");
    assert!(why.contains("always gives 8"), "{why}");
    let (given, why) = verdict(SQUARE, &[(0, 0), (1, 1)]);
    assert_eq!(given, Verdict::Agreed, "{why}");
    assert!(why.contains("gives back `x` as it is"), "{why}");
    assert_eq!(verdict(SQUARE, &[(0, 0), (-3, 9)]), (Verdict::Verified, String::new()));
}

#[test]
fn what_no_candidate_meets_is_undecided_with_advice() {
    let run = world(TWICE, &[("twice", &[SQUARE, TRIPLE])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Undecided);
    let reason = settled.reason.clone().unwrap();
    assert!(matches!(reason, Reason::NoSurvivor { .. }), "{reason:?}");
    assert!(reason.advice().contains("--model"));
    assert!(settled.drawn <= 32, "gives up early: {}", settled.drawn);
    assert!(run.assembled().is_empty());
}

#[test]
fn a_red_flagged_sample_is_not_counted() {
    let prose = "Sure! Here is the function you asked for.";
    let run = world(TWICE, &[("twice", &[prose, X2])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Verified);
    assert_eq!(settled.classes[0].votes, settled.k.unwrap());
    assert!(settled.red_flags.values().sum::<u32>() >= settled.k.unwrap() - 1);

    let run = world(TWICE, &[("twice", &[prose])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert!(matches!(settled.reason, Some(Reason::AllFlagged { .. })), "{:?}", settled.reason);
}

#[test]
fn two_rivals_that_pass_the_examples_are_told_apart_by_inputs_and_do_not_win_without_a_lead() {
    let spec = TWICE.replace("      - { args: [-3], returns: -6 }\n", "");
    let run = world(&spec, &[("twice", &[X2, ABS])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Undecided, "{settled:#?}");
    assert_eq!(settled.classes.len(), 2);
    assert!(settled.classes[1].differs.as_deref().unwrap().contains("twice(-"));
}

#[test]
fn a_winner_that_a_layer_refutes_is_struck_and_the_race_goes_on() {
    let spec = TWICE.replace("      - { args: [-3], returns: -6 }\n", "");
    let mut world = world(&spec, &[("twice", &[ABS, ABS, ABS, ABS, ABS, ABS, ABS, X2])]);
    world.ill_typed = Some("abs(");
    world.config.samples_max = 200;
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert!(settled.source.as_deref().unwrap().contains("x * 2"), "{settled:#?}");
    assert!(settled.classes.iter().any(|class| class.standing == Standing::Refuted));

    world.replies.insert("twice", vec![ABS]);
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Refuted);
}

#[test]
fn an_example_that_nobody_meets_is_suspect_and_the_rest_is_agreed_at_best() {
    let spec = TWICE.replace("returns: 20", "returns: 21");
    let run = world(&spec, &[("twice", &[X2, XX])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Agreed, "{settled:#?}");
    assert!(settled.assumptions.iter().any(|assumption| assumption.outcome == "not met"));
}

const QUADRUPLE: &str = r#"
  - name: four_times
    signature: "def four_times(x: int) -> int"
    description: Four times a number.
    depends_on: [twice]
    examples:
      - { args: [2], returns: 8 }
      - { args: [-1], returns: -4 }
      - { args: [5], returns: 20 }
"#;

#[test]
fn a_step_above_one_without_a_winner_is_not_offered() {
    let spec = format!("{}{}", TWICE.trim_end(), QUADRUPLE);
    let four = "def four_times(x: int) -> int:\n    return twice(twice(x))";
    let run = world(&spec, &[("twice", &[TRIPLE]), ("four_times", &[four])]).play();
    let steps: Vec<&Finished> = run.finished().collect();
    assert_eq!(steps.len(), 2);
    assert!(matches!(steps[1].settled.reason, Some(Reason::DependsOn { .. })));
    assert!(run.assembled().is_empty());

    let run = world(&spec, &[("twice", &[X2]), ("four_times", &[four])]).play();
    assert_eq!(run.assembled().len(), 1);
    assert_eq!(run.assembled()[0].functions, ["twice", "four_times"]);
}

#[test]
fn what_calls_something_that_is_only_agreed_is_no_more_itself() {
    let bare = TWICE.split("    examples").next().unwrap().trim_end();
    let four = "def four_times(x: int) -> int:\n    return twice(twice(x))";
    let verdicts = |spec: &str| {
        let run = world(spec, &[("twice", &[X2]), ("four_times", &[four])]).play();
        run.finished()
            .map(|step| (step.settled.verdict, step.settled.leans_on.clone()))
            .collect::<Vec<_>>()
    };
    let called = Some("twice".to_owned());
    let agreed = [(Verdict::Agreed, None), (Verdict::Agreed, called)];
    assert_eq!(verdicts(&format!("{bare}{QUADRUPLE}")), agreed);
    let verified = [(Verdict::Verified, None), (Verdict::Verified, None)];
    assert_eq!(verdicts(&format!("{}{QUADRUPLE}", TWICE.trim_end())), verified);
}

#[test]
fn a_lucky_one_of_a_model_that_knows_something_else_is_undecided() {
    let scope =
        crate::scope::Scope { subtasks: vec!["double number".to_owned()], ..Default::default() };
    let settled = |samples: &[&'static str], scope: Option<&crate::scope::Scope>| {
        let mut world = world(TWICE, &[("twice", samples)]);
        world.config.scope = scope.cloned();
        world.play().finished().next().unwrap().settled.verdict
    };
    let lucky = [TRIPLE, TRIPLE, TRIPLE, TRIPLE, X2, TRIPLE, TRIPLE, TRIPLE];
    assert_eq!(settled(&lucky, Some(&scope)), Verdict::Undecided);
    assert_eq!(settled(&lucky, None), Verdict::Agreed, "another model's tasks are not its own");
    assert_eq!(settled(&[TRIPLE, TRIPLE, X2, X2, X2], None), Verdict::Verified);
    assert_eq!(settled(&[TRIPLE, X2, X2, X2], Some(&scope)), Verdict::Verified);
}

#[test]
fn what_a_third_of_the_samples_do_otherwise_is_not_verified() {
    let spec = TWICE.replace("      - { args: [-3], returns: -6 }\n", "");
    let settled = |samples: &[&'static str]| {
        let run = world(&spec, &[("twice", samples)]).play();
        let settled = run.finished().next().unwrap().settled.clone();
        assert!(settled.source.as_deref().unwrap().contains("x * 2"), "{settled:#?}");
        (settled.verdict, settled.questions.iter().any(Question::is_open))
    };
    // The race is over before the others are counted.
    assert_eq!(settled(&[X2, X2, ABS, ABS]), (Verdict::Agreed, true));
    assert_eq!(settled(&[X2, X2, X2, X2, X2, X2, X2, ABS]), (Verdict::Verified, false));
    // Each does something else elsewhere, and together they are as many.
    assert_eq!(settled(&[X2, X2, ABS, SHIFTED]), (Verdict::Agreed, false));
}

#[test]
fn beside_an_example_that_could_not_be_read_nothing_is_verified() {
    let mut world = world(TWICE, &[("twice", &[X2])]);
    world.unread = Some("twice(4) is like 8");
    let settled = world.play().finished().next().unwrap().settled.clone();
    assert_eq!(settled.verdict, Verdict::Agreed);
    let said: Vec<String> = settled.assumptions.iter().map(ToString::to_string).collect();
    assert!(said.contains(&"twice(4) is like 8 not read".to_owned()), "{said:?}");
}

#[test]
fn what_was_not_taught_is_agreed_at_best() {
    let scope = crate::scope::Scope {
        subtasks: vec!["double number".to_owned()],
        types: vec!["int -> int".to_owned()],
        names: vec!["twice double".to_owned()],
        ..crate::scope::Scope::default()
    };
    let settled = |said: &str| {
        let spec = TWICE.replace("Doubles a number.", said);
        let mut world = world(&spec, &[("twice", &[X2])]);
        world.config.scope = Some(scope.clone());
        let settled = world.play().finished().next().unwrap().settled.clone();
        (settled.verdict, settled.untaught)
    };
    assert_eq!(settled("Double the number."), (Verdict::Verified, vec![]));
    let strange = settled("Double the wholesome number.");
    assert_eq!(strange, (Verdict::Agreed, vec!["wholesome".to_owned()]));
}

#[test]
fn examples_of_what_calls_a_part_speak_for_its_words() {
    let scope = crate::scope::Scope {
        subtasks: vec!["double number make twice large".to_owned()],
        joins: vec!["first then it".to_owned()],
        ..crate::scope::Scope::default()
    };
    let part = "name: t
language: python
functions:
  - name: doubled
    signature: \"def doubled(x: int) -> int\"
    description: Double the number.
  - name: part
    signature: \"def part(x: int) -> int\"
    description: First make the number twice as large.
    depends_on: [doubled]
  - name: twice
    signature: \"def twice(x: int) -> int\"
    description: First make the number twice as large.
    depends_on: [part]
";
    let settled = |spec: &str, top: &str| {
        let part = "def part(x: int) -> int:\n    return x * 2";
        let doubled = "def doubled(x: int) -> int:\n    return 2 * x";
        let mut world =
            world(spec, &[("doubled", &[doubled]), ("part", &[part]), ("twice", &[top])]);
        world.config.scope = Some(scope.clone());
        let run = world.play();
        run.finished()
            .map(|step| (step.settled.verdict, step.settled.untaught.len()))
            .collect::<Vec<_>>()
    };
    let shown = "    examples: [{ args: [2], returns: 4 }, { args: [-3], returns: -6 }]\n";
    let agreed = (Verdict::Agreed, 0);
    let calls = "def twice(x: int) -> int:\n    return part(x)";
    let held = settled(&format!("{part}{shown}"), calls);
    assert_eq!(held, [agreed, (Verdict::Agreed, 2), agreed]);
    // What meets them without it says nothing of it, and then nothing speaks for the part.
    let undecided = (Verdict::Undecided, 0);
    let unused = settled(&format!("{part}{shown}"), X2);
    assert_eq!(unused, [agreed, (Verdict::Undecided, 2), undecided]);
    let refuted = settled(&format!("{part}{shown}"), TRIPLE);
    assert_eq!(refuted, [agreed, (Verdict::Undecided, 2), undecided]);
    assert_eq!(settled(part, calls), [agreed, undecided, undecided]);
    // The same of all calls shows nothing.
    let same = shown.replace("-3", "2").replace("-6", "4");
    assert_eq!(settled(&format!("{part}{same}"), calls), [agreed, undecided, undecided]);
}

const SHIFTED: &str = "def twice(x: int) -> int:\n    return x * 2 if x < 999 else x + 999";
const LOOPED: &str = "def twice(x: int) -> int:\n    y = x\n    return x * 2 if x < 999 else x * 2";
const LOOPS: &str = "def twice(x: int) -> int:\n    return x * 2 if x < 999 else x * 2";

#[test]
fn of_texts_that_do_the_same_one_that_comes_to_its_end_is_offered() {
    let mut tried = world(TWICE, &[("twice", &[LOOPS, X2, LOOPED, XX])]);
    tried.config.assumed_p = 0.6;
    let run = tried.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.classes.len(), 1, "{settled:#?}");
    assert!(settled.source.as_deref().unwrap().contains("return x * 2\n"), "{settled:#?}");
    let run = world(TWICE, &[("twice", &[X2, XX, LOOPS, LOOPED])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Verified, "{settled:#?}");
    // What only one text gives where the others do not end, nobody confirms.
    let mut tried = world(TWICE, &[("twice", &[LOOPS, SHIFTED, LOOPS])]);
    tried.config.assumed_p = 0.6;
    let run = tried.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_ne!(settled.verdict, Verdict::Verified, "{settled:#?}");
    // Texts that end there and give different things are different classes.
    let mut tried = world(TWICE, &[("twice", &[X2, SHIFTED, LOOPS, LOOPED])]);
    tried.config.assumed_p = 0.6;
    let run = tried.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.classes.len(), 2, "{settled:#?}");
}

#[test]
fn a_winner_that_does_not_end_where_a_rival_does_is_not_verified() {
    let spec = TWICE.replace("      - { args: [-3], returns: -6 }\n", "");
    let run = world(&spec, &[("twice", &[ABS, LOOPS, LOOPS, LOOPS, LOOPS, LOOPS, LOOPS])]).play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Agreed, "{settled:#?}");
    assert!(settled.source.as_deref().unwrap().contains("999"), "{settled:#?}");
    let told = |it: &Assumption| it.why.contains("another candidate");
    assert!(settled.assumptions.iter().any(told), "{settled:#?}");
    // Alone it says so, too.
    let run = world(&spec, &[("twice", &[LOOPS])]).play();
    let settled = &run.finished().next().unwrap().settled;
    let told = |it: &Assumption| it.why.contains("no candidate ends there");
    assert!(settled.assumptions.iter().any(told), "{settled:#?}");
}

#[test]
fn a_winner_that_always_raises_meets_no_postcondition() {
    let spec = TWICE.split("    examples").next().unwrap().to_owned()
        + "    ensures: [\"result == x * 2\"]\n";
    let raises = "def twice(x: int) -> int:\n    return 1 // 0";
    let mut world = world(&spec, &[("twice", &[raises])]);
    world.config.strength_min = 0.0;
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_ne!(settled.verdict, Verdict::Verified, "{settled:#?}");
    let contracts = settled.layers.iter().find(|layer| layer.layer == LayerId::Contracts);
    assert!(
        contracts.is_none_or(|layer| layer.verdict != crate::verdict::LayerVerdict::Passed),
        "{contracts:?}"
    );
}

#[test]
fn a_stopped_run_settles_what_is_left_and_writes_nothing() {
    let specs = spec::parse(TWICE.as_bytes(), "t.yaml").unwrap();
    let mut run = Run::new(SpecPlan::new(&specs, None), RunConfig::default());
    assert!(!run.next().is_empty());
    run.apply(&Stamped { unix_ms: 1, event: Event::Stopped(StopReason::Interrupted) });
    let actions = run.next();
    assert!(actions.iter().any(|action| matches!(action, Action::Cancel { .. })));
    assert!(actions.iter().any(|action| matches!(action, Action::Finish)));
    assert_eq!(run.finished().next().unwrap().settled.reason, Some(Reason::Interrupted));
}

#[test]
fn a_run_stopped_before_any_sample_settles_what_it_had_opened() {
    let spec = format!("{}{}", TWICE.trim_end(), QUADRUPLE);
    let specs = spec::parse(spec.as_bytes(), "t.yaml").unwrap();
    let mut run = Run::new(SpecPlan::new(&specs, None), RunConfig::default());
    run.apply(&Stamped { unix_ms: 1, event: Event::Stopped(StopReason::TimeLimit) });
    let finished: Vec<&Finished> = run.finished().collect();
    assert!(!finished.is_empty());
    for step in finished {
        assert_eq!(step.settled.source, None, "{}", step.name);
        assert_eq!(step.settled.reason, Some(Reason::TimeLimit), "{}", step.name);
    }
    assert!(run.assembled().is_empty());
}

#[test]
fn a_wave_holds_what_the_race_is_expected_to_take_and_has_one_shape_when_deterministic() {
    let specs = spec::parse(TWICE.as_bytes(), "t.yaml").unwrap();
    let drawn = |p: f64, drawing: Drawing| {
        let config = RunConfig { assumed_p: p, drawing, ..RunConfig::default() };
        let mut run = Run::new(SpecPlan::new(&specs, None), config);
        match run.next().first() {
            Some(Action::Sample(sample)) => sample.draws.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(drawn(0.97, Drawing::Continuous), 4);
    assert_eq!(drawn(0.6, Drawing::Continuous), 8);
    assert_eq!(drawn(0.97, Drawing::Deterministic), 8);
}

#[test]
fn a_call_that_the_model_thinks_of_parts_a_class_that_all_inputs_left_whole() {
    let replies = [(
        "twice",
        &["    return x * 2\n", "    return int(x) * 2\n", "    return x + x\n"] as &[&str],
    )];
    let texts = |run: &Run<SpecPlan>| {
        let settled = &run.finished().next().unwrap().settled;
        let texts: Vec<u32> = settled.classes.iter().map(|class| class.texts).collect();
        (texts, settled.probes, settled.inputs)
    };
    let mut world = world(TWICE, &replies);
    world.probes = vec!["twice(4321)", "twice(2)", "twice(4321, 1)", "twice(x)"];
    let (whole, told, inputs) = texts(&world.play());
    assert_eq!((whole, told), (vec![2], None), "nobody was asked");
    world.config.distinguish = vec![Language::Python];
    let (parted, told, more) = texts(&world.play());
    assert_eq!(parted, [2, 1]);
    assert_eq!(
        told,
        Some(Probes { calls: 4, new: 1, parted: true }),
        "one is in the domain and new"
    );
    assert_eq!(more, inputs + 1);
    world.probes = vec!["twice(8765)"];
    let (whole, told, _) = texts(&world.play());
    assert_eq!(
        (whole, told),
        (vec![2], Some(Probes { calls: 1, new: 1, parted: false })),
        "it tells nothing apart"
    );
}

#[test]
fn a_class_that_no_longer_leads_when_it_is_parted_goes_on_racing() {
    let replies = [("twice", &["    return x * 2\n", "    return int(x) * 2\n"] as &[&str])];
    let mut world = world(TWICE, &replies);
    world.probes = vec!["twice(4321)"];
    world.config.distinguish = vec![Language::Python];
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.verdict, Verdict::Undecided);
    assert_eq!(settled.classes.len(), 2);
}

#[test]
fn a_proposed_call_on_which_a_candidate_does_not_end_is_no_input() {
    let replies = [("twice", &["    return x * 2\n", "    return int(x) + x\n"] as &[&str])];
    let mut world = world(TWICE, &replies);
    let before = world.play();
    let before = &before.finished().next().unwrap().settled;
    world.probes = vec!["twice(4321)", "twice(8765)"];
    world.config.distinguish = vec![Language::Python];
    let run = world.play();
    let settled = &run.finished().next().unwrap().settled;
    assert_eq!(settled.probes, Some(Probes { calls: 2, new: 1, parted: false }));
    assert_eq!(settled.inputs, before.inputs + 1);
    assert_eq!(settled.verdict, before.verdict);
    assert_eq!(settled.classes[0].texts, 2);
}

#[test]
fn whatever_order_answers_come_in_proposed_calls_come_to_the_same_end() {
    let texts = [
        "    return x * 2\n",
        "    return int(x) * 2\n",
        "    return x + x\n",
        "    return x * 3\n",
    ];
    let replies = [("twice", &texts as &[&str])];
    let open = TWICE.split("    examples:").next().unwrap();
    for (spec, fragments) in [(TWICE, false), (open, false), (TWICE, true), (open, true)] {
        let mut world = world(spec, &replies);
        world.probes = vec!["twice(4321)", "twice(8765)"];
        world.config.distinguish = vec![Language::Python];
        world.config.fragments = fragments;
        let [one, other] = [world.play(), world.play_latest_first()]
            .map(|run| run.finished().next().unwrap().settled.clone());
        assert_eq!(one, other);
        assert!(one.classes.iter().all(|class| class.texts < 3), "{:?}", one.classes);
        assert!(one.probes.is_some_and(|probes| probes.parted), "{:?}", one.probes);
    }
}

#[test]
fn where_candidates_differ_is_searched_for_calls_on_which_texts_of_the_winner_do() {
    const ODD: &str = "def twice(x: int) -> int:\n    return x + int(x)";
    let settled = |replies: &[&str]| {
        let run = world(TWICE, &[("twice", replies)]).play();
        run.finished().next().unwrap().settled.clone()
    };
    let texts = |settled: &Settled| settled.classes.iter().map(|one| one.texts).collect::<Vec<_>>();
    let searched = settled(&[X2, ODD, ABS, X2, XX, X2]);
    let found = searched.search.unwrap();
    assert!(found.parted && found.near > 4, "{found}");
    assert_eq!(texts(&searched), [2, 1], "the odd one is wrong where no input was before");
    assert_eq!(searched.source.as_deref(), Some("def twice(x: int) -> int:\n    return x * 2\n"));
    // Where nobody does anything else there is nothing to be near to, and one text cannot be parted.
    assert_eq!(settled(&[X2, ODD, X2, XX]).search, None);
    assert_eq!(settled(&[X2, ABS, X2, X2]).search, None);
    let quiet = settled(&[X2, XX, ABS, X2, XX, X2]);
    assert!(quiet.search.is_some_and(|found| !found.parted), "{:?}", quiet.search);
    assert_eq!(texts(&quiet).first(), Some(&2));
}
