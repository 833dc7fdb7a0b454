//! Examples that a model proposes for a function, and what votes make of them. Main types:
//! [`Proposal`], [`Ballot`].
//!
//! A proposal is shown to a person and judges nobody: who writes an example and a function from the
//! same misunderstanding would confirm himself.
//!
//! # Invariants
//! - A reply with a line that is no call of the function with constants, or whose values do not fit
//!   the signature, is a red flag as a whole.
//! - One reply is one voice for each call it holds, however often it holds it.

use zerr_syntax::{doc_example, literal as syntax};

use crate::literal;
use crate::prompt::{Prompt, RawReply, text_of};
use crate::sample::RedFlag;
use crate::spec::{Example, Expected, FunctionSpec, example_text};
use crate::value::Value;
use crate::vote::Margin;

/// Most examples that one reply may hold.
pub const EXAMPLES_MAX: usize = 16;

/// The examples of one reply.
///
/// # Errors
/// A reply that is not one call with its result a line.
pub fn parse_examples(
    function: &FunctionSpec,
    prompt: &Prompt,
    reply: &RawReply,
) -> Result<Vec<Example>, RedFlag> {
    let text = text_of(prompt, reply)?;
    let mut found: Vec<Example> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let example = read(function, line).ok_or(RedFlag::NoCode)?;
        match found.iter().find(|known| known.args == example.args) {
            Some(known) if known.expected == example.expected => {}
            // It contradicts itself.
            Some(_) => return Err(RedFlag::NoCode),
            None => found.push(example),
        }
    }
    if found.is_empty() || found.len() > EXAMPLES_MAX {
        return Err(RedFlag::NoCode);
    }
    Ok(found)
}

fn read(function: &FunctionSpec, line: &str) -> Option<Example> {
    let language = function.signature.language;
    let found = doc_example::find(language, &function.name, line);
    let [doc] = found.as_slice() else { return None };
    // Nothing else stands on the line.
    if doc.span.start != line.len() - line.trim_start().len()
        || doc.span.end < line.trim_end().len()
    {
        return None;
    }
    if doc.args_text.len() != function.params.len() {
        return None;
    }
    let value = |text: &str, ty| literal::value(&syntax::parse(language, text).ok()?, ty).ok();
    let args: Option<Vec<Value>> =
        doc.args_text.iter().zip(&function.params).map(|(text, (_, ty))| value(text, ty)).collect();
    let args = args?;
    let expected = match doc.outcome {
        doc_example::Outcome::Raises => Expected::Raises(doc.expected_text.clone()),
        doc_example::Outcome::Value => {
            Expected::Returns(value(&doc.expected_text, &function.returns)?)
        }
    };
    let text = example_text(function, &args, &expected);
    Some(Example { args, expected, mutated: Vec::new(), text })
}

/// An example that leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The call and its result.
    pub example: Example,
    /// Replies that hold it.
    pub votes: u32,
    /// Replies that hold the same call with the result that came second.
    pub against: u32,
}

/// One call, with the results that were proposed for it and their voices.
#[derive(Clone, Debug)]
struct Call {
    args: Vec<Value>,
    results: Vec<(Example, u32)>,
}

/// Replies that are counted.
#[derive(Clone, Debug, Default)]
pub struct Ballot {
    /// Calls in the order in which they came.
    calls: Vec<Call>,
    /// Replies that were red-flagged.
    pub red_flags: u32,
    /// Replies that were counted.
    pub counted: u32,
}

impl Ballot {
    /// Counts a reply.
    pub fn count(&mut self, examples: Result<Vec<Example>, RedFlag>) {
        let Ok(examples) = examples else {
            self.red_flags += 1;
            return;
        };
        self.counted += 1;
        for example in examples {
            let position = self.calls.iter().position(|call| call.args == example.args);
            let position = position.unwrap_or_else(|| {
                self.calls.push(Call { args: example.args.clone(), results: Vec::new() });
                self.calls.len() - 1
            });
            let Some(Call { results, .. }) = self.calls.get_mut(position) else { continue };
            match results.iter_mut().find(|(known, _)| known.expected == example.expected) {
                Some((_, votes)) => *votes += 1,
                None => results.push((example, 1)),
            }
        }
    }

    /// The examples that are ahead of every other result of their call by `margin`, most votes
    /// first.
    pub fn leading(&self, margin: Margin) -> Vec<Proposal> {
        let mut found: Vec<Proposal> = Vec::new();
        for Call { results, .. } in &self.calls {
            let mut by_votes: Vec<&(Example, u32)> = results.iter().collect();
            by_votes.sort_by_key(|(_, votes)| std::cmp::Reverse(*votes));
            let Some((example, votes)) = by_votes.first() else { continue };
            let against = by_votes.get(1).map_or(0, |(_, votes)| *votes);
            if *votes >= against + margin.get() {
                found.push(Proposal { example: example.clone(), votes: *votes, against });
            }
        }
        found.sort_by_key(|proposal| std::cmp::Reverse(proposal.votes - proposal.against));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{self, Finish};
    use crate::spec;

    fn function(language: &str, signature: &str) -> FunctionSpec {
        let yaml = format!(
            "name: t\nlanguage: {language}\nfunctions:\n- name: f\n  signature: \"{signature}\"\n  description: d\n"
        );
        let mut specs = spec::parse(yaml.as_bytes(), "t.yaml").unwrap();
        specs.remove(0).functions.remove(0)
    }

    fn python() -> FunctionSpec {
        function("python", "def f(x: int) -> int")
    }

    fn parse(function: &FunctionSpec, text: &str) -> Result<Vec<Example>, RedFlag> {
        let prompt = prompt::examples(function);
        let text = text.to_owned();
        let reply = RawReply { text, finish: Finish::Stop, invalid_utf8: false, tokens: 9 };
        parse_examples(function, &prompt, &reply)
    }

    #[test]
    fn calls_with_constants_are_examples() {
        let found = parse(&python(), "f(1) == 2\nf(-3) == 0\nf(1) == 2\n").unwrap();
        let texts: Vec<&str> = found.iter().map(|example| example.text.as_str()).collect();
        assert_eq!(texts, ["f(1) == 2", "f(-3) == 0"]);
        let rust = function("rust", "fn f(x: &str) -> Option<u8>");
        assert_eq!(parse(&rust, "f(\"a\") == Some(1)\nf(\"\") == None").unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_is_no_example_spoils_the_reply() {
        for text in [
            "",
            "f(1)",
            "g(1) == 2",
            "f(1) == 2 and more",
            "f(x) == 2",
            "f(1, 2) == 3",
            "f(1) == 'a'",
            "f(1) == 2\nThat is all.",
            "f(1) == 2\nf(1) == 3",
        ] {
            assert!(parse(&python(), text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_example_leads_by_k_over_other_results_of_the_same_call() {
        let mut ballot = Ballot::default();
        for text in ["f(1) == 2\nf(0) == 1", "f(1) == 2", "f(1) == 3\nf(0) == 1", "f(1) == 2", "no"]
        {
            ballot.count(parse(&python(), text));
        }
        let leading = ballot.leading(Margin::new(2).unwrap());
        let shown: Vec<(&str, u32, u32)> =
            leading.iter().map(|p| (p.example.text.as_str(), p.votes, p.against)).collect();
        assert_eq!(shown, [("f(1) == 2", 3, 1), ("f(0) == 1", 2, 0)]);
        assert_eq!((ballot.counted, ballot.red_flags), (4, 1));
        assert_eq!(ballot.leading(Margin::new(3).unwrap()).len(), 0);
    }
}
