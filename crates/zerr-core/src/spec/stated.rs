//! What a function's documentation and decorators state: [`stated`].
//!
//! Lines `requires: …`, `ensures: …`, `property: …`, `complexity: …`, `budget: …` of a doc comment or
//! doc string, and icontract's `@require(lambda x: …)` and `@ensure(lambda result, x: …)`.

use zerr_syntax::holes::{Hole, Promise};
use zerr_syntax::line_column;

use super::FunctionSpec;
use crate::complexity::Bound;
use crate::contract::{self, ContractError};

/// What kind of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Requires,
    Ensures,
    Property,
    Complexity,
    Budget,
}

const WORDS: [(&str, Word); 5] = [
    ("requires:", Word::Requires),
    ("ensures:", Word::Ensures),
    ("property:", Word::Property),
    ("complexity:", Word::Complexity),
    ("budget:", Word::Budget),
];

/// One statement as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) word: Word,
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

/// The statements of a function that stands in `text`, decorators first.
pub(crate) fn stated(hole: &Hole, text: &str) -> Vec<Stated> {
    let mut found: Vec<Stated> = hole
        .promises
        .iter()
        .map(|Promise { ensures, text: said, start }| Stated {
            word: if *ensures { Word::Ensures } else { Word::Requires },
            text: said.clone(),
            line: line_column(text, *start).0,
        })
        .collect();
    let first = line_column(text, hole.item_span.start).0;
    for (number, line) in hole.item_span.text(text).lines().enumerate() {
        let Some((word, said)) = of_line(line) else { continue };
        if hole.doc.contains(said) {
            found.push(Stated { word, text: said.to_owned(), line: first + number });
        }
    }
    found
}

/// A line of documentation that states something.
pub(crate) fn of_line(line: &str) -> Option<(Word, &str)> {
    let bare = line.trim_start_matches([' ', '\t', '/', '*', '!', '#', '-']);
    let (lead, word) = WORDS
        .into_iter()
        .find(|(lead, _)| bare.get(..lead.len()).is_some_and(|at| at.eq_ignore_ascii_case(lead)))?;
    let said = bare.get(lead.len()..).unwrap_or("").trim().trim_matches('`').trim();
    (!said.is_empty()).then_some((word, said))
}

/// Takes a statement into the function's spec, and says whether it did: of costs people say many
/// things, and what is no bound, or has no unit that is counted, is left alone.
///
/// # Errors
/// It is no contract; it may be meant for people alone.
pub(crate) fn take(function: &mut FunctionSpec, stated: &Stated) -> Result<bool, ContractError> {
    let text = &stated.text;
    match stated.word {
        Word::Requires => {
            function.requires.push(contract::parse(text, &function.scope_before())?);
        }
        Word::Ensures => function.ensures.push(contract::parse(text, &function.scope_after())?),
        Word::Property => {
            let scope = function.scope_after();
            let property = contract::parse_property(text, &scope, &function.name)?;
            function.properties.push(property);
        }
        Word::Complexity => {
            let Ok(bound) = Bound::try_from(text.clone()) else { return Ok(false) };
            function.complexity = Some(bound);
        }
        Word::Budget => {
            if contract::language_of_budget(text) != Some(function.signature.language) {
                return Ok(false);
            }
            function.budget = Some(contract::parse_budget(text, &function.scope_before())?);
        }
    }
    Ok(true)
}
