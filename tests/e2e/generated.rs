//! Runs generated files against calls whose results are known: [`assert_calls`].

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Every call of the JSON list comes out as it says, in the file's own language.
pub(crate) fn assert_calls(file: &Path, calls: &Value) {
    let calls = calls.as_array().unwrap();
    assert!(!calls.is_empty());
    let work = tempfile::tempdir().unwrap();
    let (program, extension) = match file.extension().and_then(|extension| extension.to_str()) {
        Some("py") => (python(file, calls), "py"),
        Some("rs") => (rust(file, calls), "rs"),
        other => panic!("no language has the extension {other:?}"),
    };
    let main = work.path().join(format!("main.{extension}"));
    fs::write(&main, program).unwrap();
    if extension == "rs" {
        let built = work.path().join("main");
        run(Command::new("rustc").args(["--edition", "2024", "-o"]).arg(&built).arg(&main));
        run(&mut Command::new(built));
    } else {
        run(Command::new("python3").arg(&main));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
}

fn python(file: &Path, calls: &[Value]) -> String {
    let mut text = fs::read_to_string(file).unwrap();
    for call in calls {
        let args: Vec<String> = args(call).iter().map(python_literal).collect();
        let _ = writeln!(
            text,
            "\nfound = {}({})\nassert found == {} and type(found) is type({}), found",
            function(call),
            args.join(", "),
            python_literal(&call["returns"]),
            python_literal(&call["returns"]),
        );
    }
    text
}

fn python_literal(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        // JSON's strings, numbers and lists are Python's.
        other => other.to_string(),
    }
}

fn rust(file: &Path, calls: &[Value]) -> String {
    let mut text = fs::read_to_string(file).unwrap();
    text.push_str("\nfn main() {\n");
    for call in calls {
        let args: Vec<String> = args(call).iter().map(rust_literal).collect();
        let expected = rust_literal(&call["returns"]);
        let _ =
            writeln!(text, "    assert_eq!({}({}), {expected});", function(call), args.join(", "));
    }
    text.push_str("}\n");
    text
}

fn rust_literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(rust_literal).collect();
            format!("&[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}

fn function(call: &Value) -> &str {
    call["function"].as_str().unwrap()
}

fn args(call: &Value) -> &[Value] {
    call["args"].as_array().unwrap()
}
