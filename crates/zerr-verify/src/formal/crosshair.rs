//! CrossHair: a Python function run on symbols, in search of a call that breaks its spec.
//!
//! The function stands in a module beside one of ours that asserts `requires`, calls it and asserts
//! `ensures`, in Python's words. What CrossHair names is run as any other call before it counts.
//!
//! # Invariants
//! - It proves nothing: a search that ends without a call is *unknown*.

use std::fmt::Write as _;

use zerr_core::formal::{FormalVerdict, call_args};
use zerr_exec::{Cancel, Status};
use zerr_syntax::Language;

use super::judge::{Judge, Sentence};
use super::{Formal, Seen, Subject};
use crate::VerifyError;
use crate::python::{python_job, run, typing_imports};
use crate::toolchain::{needed, packages_of};

/// The module, and the function that CrossHair looks at.
const MODULE: &str = "zerr_subject";
const CHECK: &str = "zerr_check";

/// Of processor time, which is what its own limit counts, for one function.
const SECONDS: u64 = 4;

/// It was seen to overrun its own limit.
const WALL_MS: u64 = 12_000;

/// Starts CrossHair from where it is installed. It starts no process for one function.
const START: &str = "import sys
sys.path[:0] = [sys.argv.pop(1), '.']
from crosshair.main import main
sys.exit(main(sys.argv[1:]))";

impl Formal<'_> {
    /// Searches for a call that breaks the spec.
    ///
    /// # Errors
    /// When a tool or the sandbox falls short.
    pub fn symbolic(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        let function = subject.function;
        if function.signature.language != Language::Python {
            return Ok(FormalVerdict::not_attempted("CrossHair reads Python"));
        }
        let Some(module) = module(subject) else {
            return Ok(FormalVerdict::not_attempted("no `ensures` that Python has words for"));
        };
        let tool = needed(&self.toolchain.crosshair)?;
        let python = needed(&self.toolchain.python)?;
        let packages = packages_of(&tool.path).filter(|packages| {
            // Its libraries are built for one version of Python.
            let own = packages.parent().and_then(|folder| folder.file_name());
            let version = &python.python.version.version;
            let minor = version.rsplit_once('.').map_or(version.as_str(), |(minor, _)| minor);
            own.is_some_and(|own| own.to_string_lossy() == format!("python{minor}"))
        });
        let Some(packages) = packages else {
            return Ok(FormalVerdict::not_attempted(
                "CrossHair is installed for another Python; `cargo zerr doctor --install`",
            ));
        };
        let sandbox = &self.toolchain.sandbox;
        let work = sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        work.write(format!("{MODULE}.py"), &module).map_err(VerifyError::work_dir("write"))?;
        let (shown, limit) =
            (packages.display().to_string(), format!("--per_condition_timeout={SECONDS}"));
        let target = format!("{MODULE}.{CHECK}");
        let args = ["-c", START, &shown, "check", "--analysis_kind=asserts", &limit, &target];
        let mut job = python_job(python, &work, &args, WALL_MS);
        job.read_only.push(packages);
        job.env = vec![("HOME".into(), "/tmp".into())];
        let outcome = run(sandbox, &job, cancel)?;
        let said = String::from_utf8_lossy(&outcome.stdout);
        match outcome.status {
            Status::Exited(0) => {
                Ok(FormalVerdict::unknown(format!("no counterexample within {SECONDS} s")))
            }
            Status::Exited(1) => self.replayed_call(subject, &said, cancel),
            Status::TimedOut => Ok(FormalVerdict::unknown("it did not end in time")),
            _ => {
                let complaint = String::from_utf8_lossy(&outcome.stderr);
                let complaint = complaint.lines().last().unwrap_or("it says nothing").to_owned();
                Ok(FormalVerdict::unknown(format!("it does not read the function: {complaint}")))
            }
        }
    }

    /// Runs the call that was named.
    fn replayed_call(
        &self,
        subject: &Subject<'_>,
        said: &str,
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        let open = format!("when calling {CHECK}(");
        let Some(named) = said.lines().find_map(|line| line.split_once(&open)) else {
            return Ok(FormalVerdict::unknown("it found something and named no call"));
        };
        let Some(args) = call_args(subject.function, named.1) else {
            let call = named.1.chars().take(80).collect::<String>();
            return Ok(FormalVerdict::unknown(format!("a call that is no constant: {call}")));
        };
        let judge = Judge::new(subject.function);
        let call = judge.text(&args);
        if !subject.function.accepts(&args) {
            return Ok(FormalVerdict::unknown(format!(
                "it named {call}, which `requires` excludes"
            )));
        }
        let seen = match self.observe(subject, std::slice::from_ref(&args), cancel)? {
            Seen::All(seen) => seen,
            Seen::Refused(why) => return Ok(FormalVerdict::unknown(why)),
        };
        match seen.first().map(|seen| judge.call(&args, seen)) {
            Some(Sentence::Bad(verdict)) => Ok(verdict),
            _ => Ok(FormalVerdict::unknown(format!("it named {call}, which does what it should"))),
        }
    }
}

/// The function, what it stands on, and the function that asserts.
fn module(subject: &Subject<'_>) -> Option<String> {
    let function = subject.function;
    let before = |name: &str| format!("zerr_old_{name}");
    let ensures: Vec<String> =
        function.ensures.iter().filter_map(|contract| contract.python(&before)).collect();
    if ensures.is_empty() {
        return None;
    }
    // One that is left out would let calls through that nobody may make; those are not counted.
    let requires = function.requires.iter().filter_map(|contract| contract.python(&before));
    let signature = &function.signature;
    let (_, params) = signature.text.split_once('(')?;
    let names: Vec<&str> = signature.params.iter().map(|param| param.name.as_str()).collect();
    let mut text = format!("import copy\n{}\n", typing_imports([signature]));
    for source in subject.context {
        text.push_str(source);
        text.push_str("\n\n\n");
    }
    text.push_str(subject.source);
    let params = params.rsplit_once("->").map_or(params, |(params, _)| params.trim_end());
    let _ = writeln!(text, "\n\n\ndef {CHECK}({params} -> None:\n    assert True");
    for contract in requires {
        let _ = writeln!(text, "    assert {contract}");
    }
    let mut old: Vec<&str> =
        function.ensures.iter().flat_map(zerr_core::contract::Contract::old_params).collect();
    old.sort_unstable();
    old.dedup();
    for name in old {
        let _ = writeln!(text, "    zerr_old_{name} = copy.deepcopy({name})");
    }
    let _ = writeln!(text, "    result = {}({})", function.name, names.join(", "));
    for contract in ensures {
        let _ = writeln!(text, "    assert {contract}");
    }
    Some(text)
}
