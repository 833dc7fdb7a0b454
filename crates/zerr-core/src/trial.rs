//! People's own functions, tried against what their documentation says: [`trials`], [`Trial`].
//!
//! A free function over standard types whose documentation holds examples (`f(2) == 4`) or contracts
//! (lines `requires: …`, `ensures: …`, `property: …`, `complexity: …`, `budget: …`) can be judged as
//! a generated one is: it is called on the examples' arguments and on boundaries, and what comes back is judged here.
//!
//! # Non-goals
//! Functions that need more of their crate or package than other functions of their file.

use std::collections::{BTreeMap, BTreeSet};

use zerr_syntax::holes::{self, Written};
use zerr_syntax::{Language, line_column};

use crate::contract::Judgement;
use crate::inputs::{self, Input};
use crate::observe::Observation;
use crate::run::call_text;
use crate::spec::stated::{Word, stated, take};
use crate::spec::{self, FunctionSpec};
use crate::verdict::{Finding, LayerId, Region, Severity};

/// Inputs that a function is tried on.
const INPUTS_MAX: usize = 48;

/// Functions of one file that are tried: a file of more was not written by hand.
const TRIALS_MAX: usize = 100;

/// One function and what it is tried on.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What its documentation says.
    pub function: FunctionSpec,
    /// The function itself.
    pub source: String,
    /// Functions of the same file that it calls, by themselves or through others.
    pub context: Vec<String>,
    /// The imports at the file's top.
    pub imports: Vec<String>,
    /// Arguments of one call each.
    pub inputs: Vec<Input>,
    /// What is wrong with the documentation itself.
    pub mistakes: Vec<Finding>,
    file: String,
    /// Lines of examples, of `ensures` and of properties, in their order.
    example_lines: Vec<usize>,
    ensures_lines: Vec<usize>,
    property_lines: Vec<usize>,
    complexity_line: usize,
    budget_line: usize,
    line: usize,
}

/// The functions of a file that can be tried.
pub fn trials(language: Language, file: &str, text: &str) -> Vec<Trial> {
    let (written, imports) = holes::written(language, text);
    let by_name: BTreeMap<&str, &Written> =
        written.iter().map(|one| (one.function.name.as_str(), one)).collect();
    // What is still to be written fails every example, and everybody knows.
    let open = holes::holes(language, text);
    let is_open = |one: &&Written| open.iter().any(|hole| hole.item_span == one.function.item_span);
    let mut trials: Vec<Trial> = written
        .iter()
        .filter(|one| !is_open(one))
        .filter_map(|one| trial(one, &by_name, &imports, language, file, text))
        .collect();
    // What nobody looked at is said.
    let left = trials.split_off(trials.len().min(TRIALS_MAX));
    if let (Some(first), Some(last)) = (left.first(), trials.last_mut()) {
        let message = format!(
            "only the first {TRIALS_MAX} functions with examples or contracts are tried: `{}` is the first of {} \
             that are not",
            first.function.name,
            left.len()
        );
        last.mistakes.push(
            Finding::error(LayerId::Contracts, "functions-not-tried", message)
                .severity(Severity::Warning)
                .in_file(file)
                .at(Region::line(first.line))
                .hint("split the file".to_owned()),
        );
    }
    trials
}

fn trial(
    one: &Written,
    by_name: &BTreeMap<&str, &Written>,
    imports: &[String],
    language: Language,
    file: &str,
    text: &str,
) -> Option<Trial> {
    let stated = stated(&one.function, text);
    if one.function.doc_examples.is_empty() && stated.is_empty() {
        return None;
    }
    let mut hole = one.function.clone();
    // A function whose documentation is its examples says enough here.
    hole.message.get_or_insert_with(|| "-".to_owned());
    let mut function = spec::from_hole(&hole, language, file, text).ok()?.functions.pop()?;
    // Taken again, with their lines and mistakes.
    function.requires.clear();
    function.ensures.clear();
    function.properties.clear();
    let mut mistakes = Vec::new();
    let (mut ensures_lines, mut property_lines) = (Vec::new(), Vec::new());
    let (mut complexity_line, mut budget_line) = (0, 0);
    let mut is_open = false;
    for one in &stated {
        let taken = take(&mut function, one);
        is_open |= taken.is_err() && one.word == Word::Requires;
        match (taken, one.word) {
            (Ok(false), _) | (Ok(_), Word::Requires) => {}
            (Ok(_), Word::Ensures) => ensures_lines.push(one.line),
            (Ok(_), Word::Property) => property_lines.push(one.line),
            (Ok(_), Word::Complexity) => complexity_line = one.line,
            (Ok(_), Word::Budget) => budget_line = one.line,
            (Err(error), _) => mistakes.push(
                // It may be meant for people alone.
                Finding::error(LayerId::Contracts, "contract-unreadable", error.to_string())
                    .severity(Severity::Note)
                    .in_file(file)
                    .at(Region::line(one.line))
                    .hint(error.hint.unwrap_or_else(|| {
                        "contracts are boolean expressions such as `len(xs) > 0`".to_owned()
                    })),
            ),
        }
    }
    // Without one of its preconditions nobody knows which calls count.
    if is_open {
        function.ensures.clear();
        function.properties.clear();
        ensures_lines.clear();
        property_lines.clear();
        function.budget = None;
    }
    let inputs = inputs::initial(&function, INPUTS_MAX);
    if inputs.is_empty() {
        let message = format!("no input that was tried meets what `{}` requires", function.name);
        mistakes.push(
            Finding::error(LayerId::Contracts, "contract-vacuous", message)
                .severity(Severity::Warning)
                .in_file(file)
                .at(Region::line(one.function.line)),
        );
    }
    let example_lines = function.examples.iter().map(|_| one.function.line).collect();
    let mut trial = Trial {
        context: context_of(one, by_name),
        source: one.source.clone(),
        // Its decorators are read, and not run.
        imports: imports.iter().filter(|line| !line.contains("icontract")).cloned().collect(),
        inputs,
        mistakes,
        file: file.to_owned(),
        example_lines,
        ensures_lines,
        property_lines,
        complexity_line,
        budget_line,
        line: one.function.line,
        function,
    };
    trial.place_examples(one, text);
    Some(trial)
}

/// Callees before callers.
fn context_of(one: &Written, by_name: &BTreeMap<&str, &Written>) -> Vec<String> {
    let mut order: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::from([one.function.name.as_str()]);
    let mut open: Vec<(&str, bool)> =
        one.calls.iter().rev().map(|name| (name.as_str(), false)).collect();
    while let Some((name, done)) = open.pop() {
        let Some(called) = by_name.get(name) else { continue };
        if done {
            order.push(name);
        } else if seen.insert(name) {
            open.push((name, true));
            open.extend(called.calls.iter().map(|name| (name.as_str(), false)));
        }
    }
    order.iter().filter_map(|name| by_name.get(name)).map(|called| called.source.clone()).collect()
}

/// What a trial came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tried {
    /// Examples that do not hold.
    pub examples: Vec<Finding>,
    /// Contracts that do not hold, or that no call could decide.
    pub contracts: Vec<Finding>,
    /// Examples that were judged.
    pub examples_judged: usize,
    /// Contracts that some call decided.
    pub contracts_judged: usize,
}

impl Trial {
    /// Whether the function stands on something that is not in its file: names that nobody there
    /// defines, packages that are not installed in the sandbox.
    pub fn needs_more(observations: &[Observation]) -> bool {
        let missing = ["NameError", "ImportError", "ModuleNotFoundError"];
        observations.iter().any(|seen| {
            matches!(seen, Observation::Raised { kind, .. } if missing.contains(&kind.as_str()))
        })
    }

    /// Where each example's call stands, as far as the text tells.
    fn place_examples(&mut self, one: &Written, text: &str) {
        let span = one.function.item_span;
        let first = line_column(text, span.start).0;
        for (example, line) in self.function.examples.iter().zip(&mut self.example_lines) {
            let doc = one.function.doc_examples.iter().find(|doc| {
                let call = call_text(&self.function, &example.args);
                doc.call_text.replace(' ', "") == call.replace(' ', "")
            });
            let call = doc.and_then(|doc| doc.call_text.lines().next());
            let at =
                call.and_then(|call| span.text(text).lines().position(|line| line.contains(call)));
            *line = at.map_or(*line, |at| first + at);
        }
    }

    /// Judges what the function did on [`Trial::inputs`].
    pub fn judge(&self, observations: &[Observation]) -> Tried {
        let mut tried = Tried::default();
        let seen = |args: &Input| {
            let at = self.inputs.iter().position(|input| input == args)?;
            observations.get(at)
        };
        for (example, line) in self.function.examples.iter().zip(&self.example_lines) {
            let Some(observation) = seen(&example.args) else { continue };
            // What has no encoding can be compared with nothing.
            let is_judged = !matches!(observation, Observation::Opaque { .. });
            tried.examples_judged += usize::from(is_judged);
            if is_judged && !example.is_met_by(&self.function, observation) {
                let message =
                    format!("`{}` does not hold: the call gives {observation}", example.text);
                let found = self.found(LayerId::UnitTests, "example-failed", message, *line);
                let call = call_text(&self.function, &example.args);
                let shown = format!("`{call}` gives {observation}");
                tried.examples.push(found.related(shown, Region::line(self.line)));
            }
        }
        for (contract, line) in self.function.ensures.iter().zip(&self.ensures_lines) {
            let mut is_decided = false;
            for (args, observation) in self.inputs.iter().zip(observations) {
                if !self.function.accepts(args) {
                    continue;
                }
                let observation = self.function.conform(observation);
                let Observation::Returned { value, mutated } = &observation else { continue };
                let mut after = args.clone();
                for (position, value) in mutated {
                    if let Some(slot) = after.get_mut(*position) {
                        *slot = value.clone();
                    }
                }
                let judgement = contract.check(args, Some(value), Some(&after));
                is_decided |= !matches!(judgement, Judgement::Undefined(_));
                if judgement == Judgement::Fails {
                    let call = call_text(&self.function, args);
                    let message = format!(
                        "`{}` does not hold for `{call}`, which gives {observation}",
                        contract.text
                    );
                    let found = self.found(LayerId::Contracts, "ensures-violated", message, *line);
                    let shown = format!("`{call}` gives {observation}");
                    tried.contracts.push(found.related(shown, Region::line(self.line)));
                    // One counterexample says it.
                    break;
                }
            }
            tried.contracts_judged += usize::from(is_decided);
            if !is_decided {
                let message = format!("`{}` was decided by no call", contract.text);
                let found = self.found(LayerId::Contracts, "ensures-undecided", message, *line);
                tried.contracts.push(found.severity(Severity::Warning));
            }
        }
        tried
    }

    /// The line of the documentation that holds a statement, `ensures` first, then properties.
    pub fn statement_line(&self, number: usize) -> Option<usize> {
        self.ensures_lines.iter().chain(&self.property_lines).nth(number).copied()
    }

    /// The line that gives a bound for the cost.
    pub fn complexity_line(&self) -> usize {
        self.complexity_line
    }

    /// The line that says how much a call may cost.
    pub fn budget_line(&self) -> usize {
        self.budget_line
    }

    /// A call of the function as it can be pasted.
    pub fn call_text(&self, args: &Input) -> String {
        call_text(&self.function, args)
    }

    /// The line of the function's head.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The file that the function stands in.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// A finding of this function at a line of its documentation; what calls show stands at its head.
    pub fn placed(&self, finding: Finding, line: Option<usize>) -> Finding {
        let mut finding = finding.in_file(self.file()).at(Region::line(line.unwrap_or(self.line)));
        for related in &mut finding.related {
            related.region.get_or_insert(Region::line(self.line));
        }
        finding
    }

    fn found(&self, layer: LayerId, rule: &str, message: String, line: usize) -> Finding {
        Finding::error(layer, rule, message).in_file(self.file.as_str()).at(Region::line(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn only(language: Language, text: &str) -> Trial {
        let mut found = trials(language, "a.x", text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// What the trial says of a function that answers so.
    fn check(trial: &Trial, answer: impl Fn(&Input) -> Value) -> Vec<(String, usize, String)> {
        let observations: Vec<Observation> = trial
            .inputs
            .iter()
            .map(|input| Observation::Returned { value: answer(input), mutated: Vec::new() })
            .collect();
        let Tried { examples, contracts, .. } = trial.judge(&observations);
        let told = examples.into_iter().chain(contracts);
        told.map(|f| (f.rule.clone(), f.line().unwrap_or(0), f.message)).collect()
    }

    const PYTHON: &str = "\
def helper(x: int) -> int:
    return x


def double(x: int) -> int:
    \"\"\"Doubles a number.

    requires: x >= 0
    ensures: result >= x

    >>> double(2)
    4
    >>> double(0)
    0
    \"\"\"
    return helper(x) * 2
";

    #[test]
    fn documentation_is_held_against_what_was_observed() {
        let trial = only(Language::Python, PYTHON);
        assert_eq!((trial.context.len(), trial.mistakes.len()), (1, 0));
        // Numbers too large for this test stay as they are.
        let with = |input: &Input, change: fn(i64) -> i64| match &input[0] {
            Value::Int(_, n) => match i64::try_from(n.clone()) {
                Ok(n) => Value::int(crate::value::IntKind::Big, change(n)),
                Err(_) => input[0].clone(),
            },
            other => other.clone(),
        };
        assert_eq!(check(&trial, |input| with(input, |n| n.saturating_mul(2))), []);
        let told = check(&trial, |input| with(input, |n| n.saturating_sub(2)));
        let rules: Vec<(&str, usize)> =
            told.iter().map(|(rule, line, _)| (rule.as_str(), *line)).collect();
        assert_eq!(
            rules,
            [("example-failed", 11), ("example-failed", 13), ("ensures-violated", 9)]
        );
        assert!(told[0].2.contains("double(2) == 4"), "{}", told[0].2);
    }

    #[test]
    fn inputs_that_are_not_required_are_not_tried() {
        let trial = only(Language::Python, PYTHON);
        assert!(trial.inputs.len() > 4);
        assert!(trial.inputs.iter().all(|input| trial.function.accepts(input)));
    }

    #[test]
    fn prose_after_the_word_is_a_note_and_an_impossible_requirement_a_warning() {
        let prose = "/// Doubles.\n///\n/// requires: a good day\n/// `f(1) == 2`\nfn f(x: i32) -> i32 { x * 2 }\n";
        let mistakes = only(Language::Rust, prose).mistakes;
        assert_eq!(
            (mistakes[0].rule.as_str(), mistakes[0].line()),
            ("contract-unreadable", Some(3))
        );
        let never =
            "/// Doubles.\n///\n/// requires: x > 3 and x < 2\nfn f(x: i32) -> i32 { x * 2 }\n";
        assert_eq!(only(Language::Rust, never).mistakes[0].rule, "contract-vacuous");
    }

    #[test]
    fn functions_that_are_too_many_to_be_tried_are_told() {
        let functions: Vec<String> = (0..=TRIALS_MAX + 1)
            .map(|n| {
                format!("def f{n}(x: int) -> int:\n    \"\"\"Adds.\n\n    ensures: result > x\n    \"\"\"\n    return x\n")
            })
            .collect();
        let found = trials(Language::Python, "a.py", &functions.concat());
        assert_eq!(found.len(), TRIALS_MAX);
        let told: Vec<&Finding> = found.iter().flat_map(|trial| &trial.mistakes).collect();
        let [only] = told.as_slice() else { panic!("{told:?}") };
        assert!(only.message.ends_with("`f100` is the first of 2 that are not"), "{only:?}");
        assert_eq!((only.rule.as_str(), only.line()), ("functions-not-tried", Some(601)));
    }

    #[test]
    fn functions_without_anything_to_hold_them_to_are_not_tried() {
        assert!(
            trials(Language::Rust, "a.rs", "/// Doubles.\nfn f(x: i32) -> i32 { x * 2 }\n")
                .is_empty()
        );
        assert!(
            trials(Language::Rust, "a.rs", "/// `f(1) == 2`\nfn f(x: &Other) -> i32 { 2 }\n")
                .is_empty()
        );
    }

    #[test]
    fn a_precondition_that_cannot_be_read_leaves_postconditions_unjudged() {
        let text = "\
def head(xs: list[int]) -> int:
    \"\"\"
    requires: xs
    ensures: result in xs
    \"\"\"
    return xs[0] if xs else 0
";
        let trial = only(Language::Python, text);
        assert!(trial.function.ensures.is_empty());
        assert_eq!(trial.mistakes.len(), 1);
    }
}
