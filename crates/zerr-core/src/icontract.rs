//! Contracts of a spec as decorators of Python's icontract: [`decorate`]. Reading them is
//! `zerr_syntax::holes`.

use std::fmt::Write as _;

use crate::contract::Contract;
use crate::spec::FunctionSpec;
use crate::value::Type;

/// A file's text with the contracts of its functions above them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decorated {
    /// The text.
    pub text: String,
    /// Contracts that Python has no expression for, each as `function: contract`.
    pub left_out: Vec<String>,
}

/// Puts the contracts of these functions above their definitions at the top level of `text`, and the
/// import above everything but what has to come first. The text stays as it was where there is none.
pub fn decorate(text: &str, functions: &[&FunctionSpec]) -> Decorated {
    let mut left_out = Vec::new();
    let mut out = String::new();
    let mut is_used = false;
    let mut before = "";
    for line in text.split_inclusive('\n') {
        // One that has decorators already keeps its own.
        let is_bare = !before.starts_with('@') && !before.starts_with(')');
        before = line;
        let defined = functions.iter().find(|function| {
            let rest = line.strip_prefix("def ").and_then(|rest| rest.strip_prefix(&function.name));
            rest.is_some_and(|rest| rest.starts_with('('))
        });
        if let Some(function) = defined.filter(|_| is_bare) {
            let lines = decorators(function, &mut left_out);
            is_used |= !lines.is_empty();
            out.push_str(&lines);
        }
        out.push_str(line);
    }
    let text = if is_used { with_import(&out) } else { text.to_owned() };
    Decorated { text, left_out }
}

fn decorators(function: &FunctionSpec, left_out: &mut Vec<String>) -> String {
    let mut lines = String::new();
    let mut snapshots: Vec<&str> = Vec::new();
    let mut ensures = String::new();
    let written = |contract: &Contract, more: &[&str], left_out: &mut Vec<String>| {
        let Some(text) = contract.python(&|name| format!("OLD.{name}")) else {
            left_out.push(format!("{}: {contract}", function.name));
            return None;
        };
        let mut names = contract.params();
        names.extend(more);
        Some(format!("lambda {}: {text}", names.join(", ")))
    };
    for contract in &function.requires {
        if let Some(lambda) = written(contract, &[], left_out) {
            let _ = writeln!(lines, "@icontract.require({lambda})");
        }
    }
    for contract in &function.ensures {
        let old = contract.old_params();
        // A copy of the outer list shares what is inside.
        if old.iter().any(|name| !is_copied_whole(function, name)) {
            left_out.push(format!("{}: {contract}", function.name));
            continue;
        }
        let speaks = contract.names_result();
        let more: Vec<&str> = [("result", speaks), ("OLD", !old.is_empty())]
            .into_iter()
            .filter_map(|(name, is_there)| is_there.then_some(name))
            .collect();
        if let Some(lambda) = written(contract, &more, left_out) {
            let _ = writeln!(ensures, "@icontract.ensure({lambda})");
            snapshots.extend(old);
        }
    }
    snapshots.sort_unstable();
    snapshots.dedup();
    for name in snapshots {
        let ty = function.params.iter().find(|(param, _)| param == name).map(|(_, ty)| ty);
        let copy = match ty {
            Some(Type::List { .. }) => format!("{name}[:]"),
            Some(Type::Map(..) | Type::Set(_)) => format!("{name}.copy()"),
            _ => name.to_owned(),
        };
        let _ = writeln!(lines, "@icontract.snapshot(lambda {name}: {copy})");
    }
    lines + &ensures
}

/// Whether the snapshot of an argument shares nothing with it that could change.
fn is_copied_whole(function: &FunctionSpec, name: &str) -> bool {
    let is_fixed = |ty: &Type| {
        matches!(
            ty,
            Type::Bool | Type::Int(_) | Type::Float(_) | Type::Char | Type::Str | Type::Bytes
        )
    };
    let ty = function.params.iter().find(|(param, _)| param == name).map(|(_, ty)| ty);
    ty.is_some_and(|ty| match ty {
        Type::List { item, .. } | Type::Set(item) | Type::Tuples(item) => is_fixed(item),
        Type::Map(_, value) => is_fixed(value),
        Type::Tuple(items) => items.iter().all(is_fixed),
        Type::Option(inner) => is_fixed(inner),
        other => is_fixed(other),
    })
}

/// The import behind a module's documentation and what it takes from the future.
fn with_import(text: &str) -> String {
    if text.lines().any(|line| line == "import icontract") {
        return text.to_owned();
    }
    let at = zerr_syntax::holes::import_place(text);
    let (head, rest) = text.split_at(at);
    let is_import = |line: &str| line.starts_with("import ") || line.starts_with("from ");
    let between = if rest.lines().next().is_some_and(is_import) { "" } else { "\n\n" };
    format!("{head}import icontract\n{between}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use expect_test::expect;

    #[test]
    fn contracts_stand_above_the_function_and_are_read_back_the_same() {
        let text = "
name: t
language: python
functions:
  - name: put_first
    signature: \"def put_first(xs: list[int], x: int) -> int\"
    description: d
    requires: [\"x > 0\", \"len(xs) < 10\"]
    ensures: [\"len(xs) == len(old(xs)) + 1\", \"result == x\"]
";
        let read = spec::parse(text.as_bytes(), "t.yaml").unwrap_or_else(|e| panic!("{e:?}"));
        let function = &read[0].functions[0];
        let code = "\"\"\"Lists.\"\"\"\n\ndef put_first(xs: list[int], x: int) -> int:\n    \
                    xs.insert(0, x)\n    return x\n";
        let decorated = decorate(code, &[function]);
        assert!(decorated.left_out.is_empty());
        expect![[r#"
            """Lists."""

            import icontract


            @icontract.require(lambda x: x > 0)
            @icontract.require(lambda xs: len(xs) < 10)
            @icontract.snapshot(lambda xs: xs[:])
            @icontract.ensure(lambda xs, OLD: len(xs) == len(OLD.xs) + 1)
            @icontract.ensure(lambda x, result: result == x)
            def put_first(xs: list[int], x: int) -> int:
                xs.insert(0, x)
                return x
        "#]]
        .assert_eq(&decorated.text);
        let trials = crate::trial::trials(zerr_syntax::Language::Python, "a.py", &decorated.text);
        let [trial] = trials.as_slice() else { panic!("{trials:?}") };
        let texts = |contracts: &[Contract]| -> Vec<String> {
            contracts.iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(&trial.function.requires), ["x > 0", "len(xs) < 10"]);
        assert_eq!(texts(&trial.function.ensures), ["len(xs) == len(old(xs)) + 1", "result == x"]);
    }
}
