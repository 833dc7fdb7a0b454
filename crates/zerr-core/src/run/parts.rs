//! Whether the examples of a function show what the functions that it calls do for it. Main function: [`shadows`].
//!
//! Where a description has words that are not those of its parts, examples speak for them; a part that may give the same on
//! all calls, or what it was given, without an example noticing is not spoken for.

use std::sync::Arc;

use zerr_syntax::{Language, mutate};

use crate::spec::FunctionSpec;
use crate::value::Type;

/// Versions of a function in which one part at a time gives the same on all calls, or an argument as it is; with the
/// part's name.
pub(super) fn shadows(
    function: &FunctionSpec,
    source: &str,
    parts: &[Arc<FunctionSpec>],
) -> Vec<(String, String)> {
    let language = function.signature.language;
    let of = |part: &Arc<FunctionSpec>| {
        let head = part.signature.text.trim_end_matches(':').to_owned();
        let shadowed = results(part).into_iter().filter_map(move |result| {
            let inner = match language {
                Language::Rust => format!("{head} {{ {result} }}"),
                Language::Python => format!("{head}:\n    return {result}"),
            };
            mutate::with_inner(language, source, &inner)
        });
        shadowed.map(|text| (part.name.clone(), text)).collect::<Vec<_>>()
    };
    parts.iter().flat_map(of).collect()
}

/// What a part gives that does nothing, as expressions over its parameters.
fn results(part: &FunctionSpec) -> Vec<String> {
    let language = part.signature.language;
    let gives = match &part.returns {
        Type::Result(ok, _) => ok,
        other => other,
    };
    let whole = |text: String| match (&part.returns, language) {
        (Type::Result(..), Language::Rust) => format!("Ok({text})"),
        _ => text,
    };
    let as_it_is =
        part.params.iter().filter(|(_, ty)| ty == gives).map(|(name, _)| match language {
            Language::Rust => format!("{name}.to_owned()"),
            Language::Python => name.clone(),
        });
    constants(gives, language).into_iter().chain(as_it_is).map(whole).collect()
}

fn constants(ty: &Type, language: Language) -> Vec<String> {
    let texts: &[&str] = match (ty, language) {
        (Type::Bool, Language::Rust) => &["false", "true"],
        (Type::Bool, Language::Python) => &["False", "True"],
        (Type::Int(_), _) => &["0", "1"],
        (_, Language::Rust) => &["Default::default()"],
        (Type::Float(_), Language::Python) => &["0.0"],
        (Type::Str | Type::Char, Language::Python) => &["\"\""],
        (Type::List { .. }, Language::Python) => &["[]"],
        (Type::Map(..), Language::Python) => &["{}"],
        (Type::Set(_), Language::Python) => &["set()"],
        (Type::Option(_) | Type::None, Language::Python) => &["None"],
        (Type::Tuple(parts), Language::Python) => {
            let first = |part| constants(part, language).into_iter().next();
            let all: Option<Vec<String>> = parts.iter().map(first).collect();
            return all.map(|all| format!("({},)", all.join(", "))).into_iter().collect();
        }
        _ => &[],
    };
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shadowed(language: &str, part: &str, source: &str) -> Vec<String> {
        let text = format!(
            "{{name: t, language: {language}, functions: [{{name: part, description: d, signature: \"{part}\"}}]}}"
        );
        let function =
            crate::spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions.remove(0);
        let shadows = shadows(&function.clone(), source, &[Arc::new(function)]);
        shadows.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_part_gives_the_same_on_all_calls_or_what_it_is_given() {
        let rust = shadowed(
            "rust",
            "fn part(x: i32) -> Result<i32, String>",
            "fn f(x: i32) -> i32 {\n    1\n}\n",
        );
        let inner = |body: &str| {
            format!(
                "fn f(x: i32) -> i32 {{\n    fn part(x: i32) -> Result<i32, String> {{ {body} }}\n\n    1\n}}\n"
            )
        };
        assert_eq!(rust, ["Ok(0)", "Ok(1)", "Ok(x.to_owned())"].map(inner));
        let source = "def f(x: int) -> int:\n    \"\"\"D.\"\"\"\n    return 1\n";
        let python = shadowed(
            "python",
            "def part(n: int, to: tuple[str, bool]) -> tuple[str, bool]",
            source,
        );
        let inner = |body: &str| {
            format!(
                "def f(x: int) -> int:\n    def part(n: int, to: tuple[str, bool]) -> tuple[str, bool]:\n        \
                 return {body}\n    \"\"\"D.\"\"\"\n    return 1\n"
            )
        };
        assert_eq!(python, ["(\"\", False,)", "to"].map(inner));
        // A body on the line of its head has no place for one.
        assert!(
            shadowed("python", "def part(n: int) -> int", "def f(x: int) -> int: return 1\n")
                .is_empty()
        );
    }
}
