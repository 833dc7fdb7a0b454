//! Whether one observed call breaks the spec: [`Judge`].
//!
//! # Invariants
//! A call that did not end by itself is neither good nor bad.

use zerr_core::contract::Judgement;
use zerr_core::formal::FormalVerdict;
use zerr_core::literal::host_text;
use zerr_core::observe::Observation;
use zerr_core::spec::{Expected, FunctionSpec};
use zerr_core::value::Value;
use zerr_syntax::Language;

/// The rule of a postcondition that does not hold.
pub(super) const ENSURES: &str = "ensures-violated";

pub(super) struct Judge<'a> {
    pub(super) function: &'a FunctionSpec,
    /// An example shows a call that panics or raises: then stopping is part of the function.
    pub(super) may_stop: bool,
}

/// What is to be said of one call.
pub(super) enum Sentence {
    Good,
    Bad(FormalVerdict),
    /// It did not end, or its result cannot be looked into.
    Open(String),
}

impl<'a> Judge<'a> {
    pub(super) fn new(function: &'a FunctionSpec) -> Self {
        let stops = |expected: &Expected| !matches!(expected, Expected::Returns(_));
        let may_stop = function.examples.iter().any(|example| stops(&example.expected));
        Self { function, may_stop }
    }

    /// Judges what a call that the spec accepts was seen to do.
    pub(super) fn call(&self, args: &[Value], seen: &Observation) -> Sentence {
        match seen {
            Observation::Returned { value, mutated } => {
                let mut after = args.to_vec();
                for (position, value) in mutated {
                    if let Some(slot) = after.get_mut(*position) {
                        slot.clone_from(value);
                    }
                }
                match self.broken(args, value, &after) {
                    Some(why) => Sentence::Bad(self.bad(ENSURES, args, why)),
                    None => Sentence::Good,
                }
            }
            Observation::Raised { .. } | Observation::Panicked { .. } if self.may_stop => {
                Sentence::Good
            }
            Observation::Raised { kind, message } => {
                let why = format!("raises {kind}: {message}");
                Sentence::Bad(self.bad(rule_of(kind), args, why))
            }
            Observation::Panicked { message } => {
                Sentence::Bad(self.bad(rule_of(message), args, format!("panics: {message}")))
            }
            other => Sentence::Open(format!("{} {other}", self.text(args))),
        }
    }

    fn broken(&self, args: &[Value], result: &Value, after: &[Value]) -> Option<String> {
        self.function.ensures.iter().find_map(|contract| {
            let why = match contract.check(args, Some(result), Some(after)) {
                Judgement::Holds => return None,
                Judgement::Fails => format!("and `{contract}` is false"),
                Judgement::Undefined(why) => format!("where `{contract}` has no value ({why})"),
            };
            Some(format!("gives {} {why}", self.shown(result)))
        })
    }

    fn bad(&self, rule: &str, args: &[Value], outcome: String) -> FormalVerdict {
        let (rule, call, args) = (rule.to_owned(), self.text(args), args.to_vec());
        FormalVerdict::Counterexample { rule, call, args, outcome }
    }

    /// The call as it can be pasted.
    pub(super) fn text(&self, args: &[Value]) -> String {
        let shown = args
            .iter()
            .zip(&self.function.signature.params)
            .map(|(value, param)| host_text(self.function.signature.language, value, &param.ty));
        format!("{}({})", self.function.name, shown.collect::<Vec<_>>().join(", "))
    }

    fn shown(&self, result: &Value) -> String {
        host_text(self.function.signature.language, result, &self.function.signature.returns)
    }

    /// What was claimed, when all calls were good.
    pub(super) fn claim(&self) -> String {
        let stops = match self.function.signature.language {
            Language::Rust => "no call panics",
            Language::Python => "no call raises",
        };
        match (self.function.ensures.is_empty(), self.may_stop) {
            (true, _) => stops.to_owned(),
            (false, false) => format!("`ensures` holds and {stops}"),
            (false, true) => "`ensures` holds where it returns".to_owned(),
        }
    }

    /// Whether there is anything that a call could break.
    pub(super) fn has_something_to_say(&self) -> bool {
        !self.function.ensures.is_empty() || !self.may_stop
    }
}

/// The rule by what the panic or exception says; unknown ones are just panics.
fn rule_of(said: &str) -> &'static str {
    if said.contains("divide by zero") || said.contains("divisor of zero") {
        "can-divide-by-zero"
    } else if said.contains("overflow") {
        "can-overflow"
    } else {
        match said {
            "ZeroDivisionError" => "can-divide-by-zero",
            "IndexError" | "KeyError" => "can-miss-an-item",
            _ if said.contains("out of bounds") || said.contains("out of range") => {
                "can-miss-an-item"
            }
            _ => "can-stop",
        }
    }
}
