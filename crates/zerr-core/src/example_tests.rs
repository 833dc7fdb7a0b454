//! The examples of functions as tests in a project's own manner: [`rust`], [`python`].

use std::fmt::Write as _;

use zerr_syntax::Language;
use zerr_syntax::signature::TypeExpr;

use crate::literal::code_text;
use crate::spec::{Example, Expected, FunctionSpec};
use crate::value::{FloatKind, Value};

/// A module of unit tests named `module`, for the end of the file that holds the functions; `None`
/// where there is nothing to test. Imports are those of the file.
pub fn rust(functions: &[&FunctionSpec], module: &str) -> Option<String> {
    let mut tests = String::new();
    for function in functions {
        let name = &function.name;
        let (mut returns, mut panics) = (String::new(), 0);
        for example in function.examples.iter().filter(|example| is_comparable(example)) {
            match &example.expected {
                Expected::Returns(value) => returns.push_str(&rust_case(function, example, value)),
                Expected::Panics => {
                    panics += 1;
                    let number = if panics > 1 { format!("_{panics}") } else { String::new() };
                    let call = call(function, &example.args);
                    let _ = write!(
                        tests,
                        "\n    #[test]\n    #[should_panic]\n    fn {name}_panics_as_specified{number}() \
                         {{\n        let _ = {call};\n    }}\n"
                    );
                }
                Expected::Raises(_) => {}
            }
        }
        if !returns.is_empty() {
            let _ = write!(
                tests,
                "\n    #[test]\n    fn {name}_gives_what_was_specified() {{\n{returns}    }}\n"
            );
        }
    }
    let tests = tests.strip_prefix('\n')?;
    Some(format!("\n#[cfg(test)]\nmod {module} {{\n    use super::*;\n\n{tests}}}\n"))
}

/// What holds a NaN inside equals nothing; a bare one can be asked for.
fn is_comparable(example: &Example) -> bool {
    let bare = |value: &Value| matches!(value, Value::Float(..)) || !value.has_nan();
    let after = example.mutated.iter().all(|(_, value)| !value.has_nan());
    after && !matches!(&example.expected, Expected::Returns(value) if !bare(value))
}

/// Exceptions that need no import.
const BUILTIN: [&str; 12] = [
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "ZeroDivisionError",
    "OverflowError",
    "ArithmeticError",
    "LookupError",
    "AttributeError",
    "RuntimeError",
    "NotImplementedError",
    "Exception",
];

fn rust_case(function: &FunctionSpec, example: &Example, value: &Value) -> String {
    let returns = &function.signature.returns;
    let mut lines = String::new();
    let mut line = |text: String| {
        let _ = writeln!(lines, "        {text}");
    };
    let compared = |call: &str| match value {
        Value::Unit => format!("{call};"),
        Value::Bool(true) => format!("assert!({call});"),
        Value::Bool(false) => format!("assert!(!{call});"),
        Value::Float(..) if value.as_float().is_some_and(f64::is_nan) => {
            format!("assert!({call}.is_nan());")
        }
        // As near as `Value::is_near` has it.
        Value::Float(kind, _) if value.as_float().is_some_and(f64::is_finite) => {
            let number = value.as_float().unwrap_or_default();
            let share = if *kind == FloatKind::F64 { 1e-9 } else { 1e-5 };
            let most = if number == 0.0 { 1e-12 } else { share * number.abs() };
            let text = code_text(Language::Rust, value, returns);
            format!("assert!(({call} - ({text})).abs() <= {most:.2e});")
        }
        // A text is compared with a text, whoever owns it.
        Value::Str(_) => format!("assert_eq!({call}, {value});"),
        Value::List(items) if items.is_empty() => format!("assert!({call}.is_empty());"),
        _ => {
            let text = code_text(Language::Rust, value, returns);
            // A list without items says nothing of its type.
            if text.contains("vec![]") {
                let ty = returns.text(Language::Rust);
                format!("let expected: {ty} = {text};\n        assert_eq!({call}, expected);")
            } else {
                format!("assert_eq!({call}, {text});")
            }
        }
    };
    if example.mutated.is_empty() {
        line(compared(&call(function, &example.args)));
        return lines;
    }
    // What is changed needs a name.
    let mut arguments = Vec::new();
    let each = example.args.iter().zip(&function.signature.params);
    for (position, (arg, param)) in each.enumerate() {
        let text = code_text(Language::Rust, arg, &param.ty);
        if !example.mutated.iter().any(|(changed, _)| *changed == position) {
            arguments.push(text);
            continue;
        }
        let text = text.strip_prefix("&mut ").unwrap_or(&text);
        line(format!("let mut {} = {text};", param.name));
        arguments.push(format!("&mut {}", param.name));
    }
    line(compared(&format!("{}({})", function.name, arguments.join(", "))));
    for (position, after) in &example.mutated {
        let Some(param) = function.signature.params.get(*position) else { continue };
        let text = code_text(Language::Rust, after, &param.ty);
        let text = text.strip_prefix("&mut ").unwrap_or(&text);
        line(match after {
            // Without items it says nothing of its type.
            Value::List(items) if items.is_empty() => {
                format!("assert!({}.is_empty());", param.name)
            }
            _ => format!("assert_eq!({}, {text});", param.name),
        });
    }
    let deeper: String = lines.split_inclusive('\n').flat_map(|line| ["    ", line]).collect();
    format!("        {{\n{deeper}        }}\n")
}

fn call(function: &FunctionSpec, args: &[Value]) -> String {
    let language = function.signature.language;
    let shown: Vec<String> = args
        .iter()
        .zip(&function.signature.params)
        .map(|(value, param)| code_text(language, value, &param.ty))
        .collect();
    format!("{}({})", function.name, shown.join(", "))
}

/// A file for pytest that imports the functions from `module`; `None` where there is nothing to test.
pub fn python(functions: &[&FunctionSpec], module: &str) -> Option<String> {
    let mut tests = String::new();
    let (mut names, mut raises, mut maths) = (Vec::new(), false, false);
    let has_some = |function: &&&FunctionSpec| function.examples.iter().any(is_comparable);
    for function in functions.iter().filter(has_some) {
        names.push(function.name.as_str());
        let _ = write!(tests, "\n\ndef test_{}_does_what_was_specified():\n", function.name);
        for example in function.examples.iter().filter(|example| is_comparable(example)) {
            let call = call(function, &example.args);
            let returns = &function.signature.returns;
            let line = match &example.expected {
                Expected::Raises(kind) => {
                    raises = true;
                    // One of a module's own would have to be imported from somewhere.
                    let kind = BUILTIN.iter().find(|known| *known == kind).unwrap_or(&"Exception");
                    format!("    with pytest.raises({kind}):\n        {call}\n")
                }
                Expected::Panics => continue,
                _ if !example.mutated.is_empty() => python_mutated(function, example),
                Expected::Returns(value) => match value {
                    Value::Bool(true) => format!("    assert {call}\n"),
                    Value::Bool(false) => format!("    assert not {call}\n"),
                    Value::None | Value::Unit => format!("    assert {call} is None\n"),
                    Value::Float(..) if value.as_float().is_some_and(f64::is_nan) => {
                        maths = true;
                        format!("    assert math.isnan({call})\n")
                    }
                    Value::Float(..) if value.as_float().is_some_and(f64::is_finite) => {
                        maths = true;
                        let near = if value.as_float() == Some(0.0) {
                            "abs_tol=1e-12"
                        } else {
                            "rel_tol=1e-9"
                        };
                        let value = code_text(Language::Python, value, returns);
                        format!("    assert math.isclose({call}, {value}, {near})\n")
                    }
                    value => {
                        let value = code_text(Language::Python, value, returns);
                        format!("    assert {call} == {value}\n")
                    }
                },
            };
            tests.push_str(&line);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut head = String::new();
    if maths {
        head.push_str("import math\n\n");
    }
    if raises {
        head.push_str("import pytest\n\n");
    }
    names.sort_unstable();
    let _ = writeln!(head, "from {module} import {}", names.join(", "));
    Some(head + &tests)
}

fn python_mutated(function: &FunctionSpec, example: &Example) -> String {
    let mut lines = String::new();
    let mut arguments = Vec::new();
    let text = |value: &Value, ty: &TypeExpr| code_text(Language::Python, value, ty);
    let each = example.args.iter().zip(&function.signature.params);
    for (position, (arg, param)) in each.enumerate() {
        if example.mutated.iter().any(|(changed, _)| *changed == position) {
            let _ = writeln!(lines, "    {} = {}", param.name, text(arg, &param.ty));
            arguments.push(param.name.clone());
        } else {
            arguments.push(text(arg, &param.ty));
        }
    }
    let call = format!("{}({})", function.name, arguments.join(", "));
    let _ = match &example.expected {
        Expected::Returns(value) if !matches!(value, Value::None | Value::Unit) => {
            writeln!(lines, "    assert {call} == {}", text(value, &function.signature.returns))
        }
        _ => writeln!(lines, "    {call}"),
    };
    for (position, after) in &example.mutated {
        let Some(param) = function.signature.params.get(*position) else { continue };
        let _ = writeln!(lines, "    assert {} == {}", param.name, text(after, &param.ty));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use expect_test::expect;

    const SPEC: &str = "
name: t
language: [rust, python]
functions:
  - name: initials
    signature:
      rust: \"fn initials(names: &[String]) -> Vec<String>\"
      python: \"def initials(names: list[str]) -> list[str]\"
    description: d
    examples:
      - {args: [[\"Ada\", \"Bo\"]], returns: [\"A\", \"B\"]}
      - {args: [[]], returns: []}
  - name: half
    signature:
      rust: \"fn half(n: i32) -> Result<i32, String>\"
      python: \"def half(n: int) -> int\"
    description: d
    examples:
      - {args: [4], returns: {ok: 2}}
      - {args: [3], returns: {err: odd}, raises: ValueError}
  - name: put_first
    signature:
      rust: \"fn put_first(xs: &mut Vec<i32>, x: i32)\"
      python: \"def put_first(xs: list[int], x: int) -> None\"
    description: d
    examples:
      - {args: [[2], 1], returns: null, after: {xs: [1, 2]}}
";

    fn functions(language: Language) -> Vec<FunctionSpec> {
        let read = spec::parse(SPEC.as_bytes(), "t.yaml").unwrap_or_else(|e| panic!("{e:?}"));
        read.into_iter().find(|spec| spec.language == language).unwrap().functions
    }

    #[test]
    fn floats_are_as_near_as_examples_take_them() {
        let spec = "
name: t
language: [rust, python]
functions:
  - name: part
    signature:
      rust: \"fn part(x: f64) -> f64\"
      python: \"def part(x: float) -> float\"
    description: d
    examples:
      - {args: [3.0], returns: 0.9}
      - {args: [0.0], returns: 0.0}
";
        let specs = spec::parse(spec.as_bytes(), "t.yaml").unwrap();
        let of = |language: Language| specs.iter().find(|spec| spec.language == language).unwrap();
        let text = rust(&[&of(Language::Rust).functions[0]], "tests").unwrap();
        assert!(text.contains("assert!((part(3.0) - (0.9)).abs() <= 9.00e-10);"), "{text}");
        assert!(text.contains("assert!((part(0.0) - (0.0)).abs() <= 1.00e-12);"), "{text}");
        let text = python(&[&of(Language::Python).functions[0]], "t").unwrap();
        assert!(text.starts_with("import math"), "{text}");
        assert!(text.contains("assert math.isclose(part(3.0), 0.9, rel_tol=1e-9)"), "{text}");
        assert!(text.contains("assert math.isclose(part(0.0), 0.0, abs_tol=1e-12)"), "{text}");
    }

    #[test]
    fn examples_become_unit_tests() {
        let functions = functions(Language::Rust);
        let all: Vec<&FunctionSpec> = functions.iter().collect();
        expect![[r#"

            #[cfg(test)]
            mod tests {
                use super::*;

                #[test]
                fn initials_gives_what_was_specified() {
                    assert_eq!(initials(&["Ada".to_owned(), "Bo".to_owned()]), vec!["A".to_owned(), "B".to_owned()]);
                    assert!(initials(&[]).is_empty());
                }

                #[test]
                fn half_gives_what_was_specified() {
                    assert_eq!(half(4), Ok(2));
                    assert_eq!(half(3), Err("odd".to_owned()));
                }

                #[test]
                fn put_first_gives_what_was_specified() {
                    {
                        let mut xs = vec![2];
                        put_first(&mut xs, 1);
                        assert_eq!(xs, vec![1, 2]);
                    }
                }
            }
        "#]]
        .assert_eq(&rust(&all, "tests").unwrap());
    }

    #[test]
    fn examples_become_tests_for_pytest() {
        let functions = functions(Language::Python);
        let all: Vec<&FunctionSpec> = functions.iter().collect();
        expect![[r#"
            import pytest

            from t import half, initials, put_first


            def test_initials_does_what_was_specified():
                assert initials(["Ada", "Bo"]) == ["A", "B"]
                assert initials([]) == []


            def test_half_does_what_was_specified():
                assert half(4) == 2
                with pytest.raises(ValueError):
                    half(3)


            def test_put_first_does_what_was_specified():
                xs = [2]
                put_first(xs, 1)
                assert xs == [1, 2]
        "#]]
        .assert_eq(&python(&all, "t").unwrap());
    }
}
