//! `verify --explain RULE`: what a rule means, from zerr itself or from the tool whose rule it is.

use std::path::Path;

use zerr_engine::core::verdict::page_of;
use zerr_exec::{Cancel, trusted};

use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// zerr's own rules.
const RULES: &[(&str, &str)] = &[
    (
        "syntax-error",
        "The text does not parse. tree-sitter finds the place; `syn` or CPython agree that the file is broken, or the finding is a warning.",
    ),
    (
        "not-utf8",
        "A source file holds bytes that are no UTF-8 text. rustc refuses it; Python reads it only with a coding comment. Save it as UTF-8.",
    ),
    ("file-too-large", "A source file is larger than 10 MiB and was not read."),
    ("file-unreadable", "A file could not be read and was not checked."),
    (
        "path-not-unicode",
        "The name of a file is no Unicode text, so that no report can name it; it was not checked.",
    ),
    (
        "suppression-without-reason",
        "A comment `zerr: allow(RULE)` says no reason and suppresses nothing. Write one behind the parenthesis.",
    ),
    (
        "example-failed",
        "An example does not come out as it says. The message gives what the call gives; one of the two is wrong.",
    ),
    (
        "ensures-violated",
        "A postcondition is false for a call that `requires` allows. The message gives the call.",
    ),
    (
        "ensures-undecided",
        "No call that was made gave the postcondition a value, so that it says nothing. Does it divide by zero, or index what is empty?",
    ),
    (
        "contract-vacuous",
        "No input that was tried meets what `requires` asks for: everything holds of no call at all.",
    ),
    (
        "functions-not-tried",
        "A file has more functions with examples or contracts than are tried. What comes after the first hundred was not looked at; split the file.",
    ),
    (
        "contract-unreadable",
        "A line `requires:`, `ensures:` or `property:` that is no contract. It may be meant for people; contracts are boolean expressions such as `len(xs) > 0`.",
    ),
    (
        "property-violated",
        "A statement about calls of the function is false. The message gives the simplest calls that were found; they can be pasted.",
    ),
    (
        "property-undecided",
        "No call that was made gave the statement a value, so that it says nothing.",
    ),
    (
        "call-stops",
        "A call that `requires` allows panics or raises, and no example shows one that does. Rule it out with a `requires`, or show with an example what happens.",
    ),
    (
        "result-of-another-type",
        "A call that `requires` allows gives something that is not of the type in the signature, such as `None` for an `int`. The message gives the simplest such call.",
    ),
    (
        "complexity-exceeded",
        "The counted cost of calls grows faster than the bound. The message gives the counts and the exponent that fits them.",
    ),
    (
        "complexity-in-builtins",
        "The events of Python's tracer grow as the bound allows, the processor time grows faster: work inside of C functions, such as `x in list`, makes no events.",
    ),
    (
        "complexity-consistent",
        "The counted cost does not grow faster than the bound on the sizes that were tried. It proves nothing for larger ones.",
    ),
    (
        "budget-exceeded",
        "A call costs more than the spec's `budget` allows. The message gives the cheapest such call, what it costs and what is allowed.",
    ),
    (
        "budget-kept",
        "No call that was made costs more than the spec's `budget` allows. It proves nothing for others.",
    ),
    (
        "oracles-too-weak",
        "Less than three quarters of small changes of the function are noticed by its examples and contracts. The message gives a change that nobody would notice, and a call that tells it apart: make that one an example.",
    ),
    (
        "not-tried",
        "A documented function could not be tried: it needs more of its crate or package than its own file, or a tool that is not there.",
    ),
    (
        "test-failed",
        "A test of the project fails. `verify --tests` runs them as `cargo test` and pytest do.",
    ),
    (
        "yanked",
        "The authors of a crate took this version back, which stands in your lock file. `cargo update -p NAME` takes another one.",
    ),
    (
        "evidence-stale",
        "A function that zerr wrote and verified was changed since. Verify it again, or forget its evidence.",
    ),
    (
        "forbidden-construct",
        "A function that zerr wrote was changed, and holds now what generated code may not hold: files, processes, the network, the environment, `unsafe`, dynamic code, or what its spec forbids. Take it for your own code, or write into the spec what it may do.",
    ),
    (
        "secret-password",
        "A random-looking text is assigned to a name that speaks of a password, key or token. Read it from the environment or a secret store; where it is no secret, say so with `zerr: allow(secret-password) REASON`.",
    ),
];

pub(crate) fn explain(console: Console, project: &Path, rule: &str) -> Result<Exit, Failure> {
    if let Some((_, text)) = RULES.iter().find(|(known, _)| *known == rule) {
        console.data_line(text);
        return Ok(Exit::Verified);
    }
    if rule.starts_with("secret-") {
        console.data_line("A key or token stands in the text: its form is the one that its issuer documents. Take it out, revoke it, and read it from the environment or a secret store.");
        return Ok(Exit::Verified);
    }
    let page = page_of(rule);
    // rustc explains its own in full.
    let is_error_code = rule.starts_with('E') && page.is_some();
    if let Some(page) = page.filter(|_| !is_error_code) {
        console.data_line(&page);
        return Ok(Exit::Verified);
    }
    let own = zerr_engine::zerr_store::dirs::Dirs::from_env().ok();
    let own =
        |name: &str| own.as_ref().map(|dirs| dirs.python_tool(name)).filter(|path| path.is_file());
    let asked = [
        (is_error_code, trusted::find("rustc"), vec!["--explain", rule]),
        (true, trusted::find("ruff").or_else(|| own("ruff")), vec!["rule", rule]),
        (true, trusted::find("ty").or_else(|| own("ty")), vec!["explain", "rule", rule]),
    ];
    for (fits, program, args) in asked {
        let Some(program) = program.filter(|_| fits) else { continue };
        let said = trusted::Command::new(program)
            .args(args)
            .cwd(project)
            .timeout_ms(20_000)
            .run(&Cancel::new());
        if let Ok(said) = said
            && said.is_success()
            && !said.stdout.is_empty()
        {
            console.data(&String::from_utf8_lossy(&said.stdout));
            return Ok(Exit::Verified);
        }
    }
    let known: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
    Err(Failure::usage(format!("nobody knows the rule {rule:?}")).hint(format!(
        "rules are those of rustc (E0308), clippy (clippy::needless_return), ruff (F401), ty, RustSec, \
         and {}",
        known.join(", ")
    )))
}
