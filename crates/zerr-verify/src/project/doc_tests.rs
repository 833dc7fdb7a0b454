//! The examples in a Rust function's documentation, as one more executable of tests. rustdoc compiles each
//! of them for itself, every time; here they are compiled with the bodies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use zerr_syntax::site::Site;

use super::cargo::{RustcCall, Unit};
use super::tree::Tree;

const NAME: &str = "zerr_doc_tests";
const FILE: &str = "zerr_doc_tests.rs";

/// Whether it was made here.
pub(super) fn is_own(unit: &Unit) -> bool {
    unit.stem.starts_with(NAME)
}

/// A unit for the examples of a function, when it has any; their file is added to the tree. `tests` are
/// other executables of tests: they know what the package's tests may use.
pub(super) fn add(tree: &mut Tree, site: &Site, lib: &Unit, tests: &[Unit]) -> Option<Unit> {
    let examples = examples(&site.doc);
    let name = lib.call.variable("CARGO_CRATE_NAME")?.to_owned();
    if examples.is_empty() {
        return None;
    }
    tree.put(FILE, text(&examples));
    let mut args: Vec<String> = Vec::new();
    let mut own = lib.call.args.iter();
    while let Some(arg) = own.next() {
        match arg.as_str() {
            "--crate-name" => {
                own.next();
                args.extend(["--crate-name".to_owned(), NAME.to_owned()]);
            }
            "--crate-type" | "--extern" => {
                own.next();
            }
            _ if arg.starts_with("--emit=") => args.push("--emit=dep-info,link".to_owned()),
            _ if arg.starts_with("metadata=") => args.push("metadata=zerr".to_owned()),
            _ if arg.starts_with("extra-filename=") => args.push("extra-filename=-own".to_owned()),
            _ if Path::new(arg).extension().is_some_and(|it| it == "rs") => {
                args.push(FILE.to_owned());
            }
            _ => args.push(arg.clone()),
        }
    }
    args.push("--test".to_owned());
    let known = tests.first().unwrap_or(lib);
    for pair in known.call.args.windows(2) {
        if let [option, linked] = pair
            && option == "--extern"
            && !linked.starts_with(&format!("{name}="))
        {
            args.extend([option.clone(), linked.replace(".rmeta", ".rlib")]);
        }
    }
    let folder = lib.call.option("--out-dir").unwrap_or_default();
    args.extend(["--extern".to_owned(), format!("{name}={folder}/lib{}.rlib", lib.stem)]);
    let env = lib
        .call
        .env
        .iter()
        .map(|(own, value)| match own.as_str() {
            "CARGO_CRATE_NAME" => (own.clone(), NAME.to_owned()),
            _ => (own.clone(), value.clone()),
        })
        .collect();
    Some(Unit {
        call: RustcCall { program: lib.call.program.clone(), env, args },
        stem: format!("{NAME}-own"),
        is_test: true,
        is_lib: false,
        is_foreign: false,
        sources: vec![PathBuf::from(FILE)],
    })
}

/// A fenced block of code.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    code: String,
    panics: bool,
}

/// The blocks of documentation that rustdoc would run.
fn examples(doc: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut lines = doc.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let words: Vec<&str> = info.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        let runs = words
            .iter()
            .all(|word| matches!(*word, "rust" | "should_panic") || word.starts_with("edition"));
        let code: Vec<String> = lines
            .by_ref()
            .take_while(|line| !line.trim_start().starts_with("```"))
            .map(shown_to_rustc)
            .collect();
        if runs {
            let panics = words.contains(&"should_panic");
            found.push(Example { code: code.join("\n"), panics });
        }
    }
    found
}

/// `# use x;` is hidden from readers, and `##` stands for `#`.
fn shown_to_rustc(line: &str) -> String {
    let trimmed = line.trim_start();
    match trimmed.strip_prefix('#') {
        Some("") => String::new(),
        Some(rest) if rest.starts_with(' ') => rest.to_owned(),
        Some(rest) if rest.starts_with('#') => rest.to_owned(),
        _ => line.to_owned(),
    }
}

fn text(examples: &[Example]) -> String {
    let mut text = String::from("#![allow(warnings)]\n");
    for (at, example) in examples.iter().enumerate() {
        let code = example.code.trim_end();
        let attribute = if example.panics { "#[should_panic]\n" } else { "" };
        let body = if code.contains("fn main(") {
            format!("{code}\nlet _ = main();")
        } else if code.ends_with("(())") {
            // As rustdoc does, so that `?` may stand in it.
            format!(
                "fn inner() -> Result<(), impl core::fmt::Debug> {{\n{code}\n}}\ninner().unwrap()"
            )
        } else {
            code.to_owned()
        };
        let number = at + 1;
        let _ = write!(text, "\n#[test]\n{attribute}fn example_{number}() {{\n{body}\n}}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_rustdoc_would_run_become_tests() {
        let doc = "Halves.\n\n```\n# use t::half;\nassert_eq!(half(2), 1);\n```\n```text\nno\n```\n\
                   ```should_panic\nt::half(1);\n```\n```rust\nlet x = t::parse(\"1\")?;\n\
                   Ok::<(), t::Error>(())\n```\n";
        let found = examples(doc);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].code, " use t::half;\nassert_eq!(half(2), 1);");
        assert!(found[1].panics);
        let text = text(&found);
        assert_eq!(text.matches("#[test]").count(), 3);
        assert!(text.contains("inner().unwrap()"));
    }
}
