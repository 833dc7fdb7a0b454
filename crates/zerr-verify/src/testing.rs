//! What the tests of both languages share: the tools, found once, and short ways to a job.

use std::sync::OnceLock;

use zerr_core::observe::Observation;
use zerr_core::value::{IntKind, Value};
use zerr_exec::{Cancel, Sandbox};
use zerr_syntax::Language;

use crate::bench::from_signature;
use crate::{ObserveJob, ObserveLimits, Observed, Toolchain, VerifyError, probe};

#[path = "../../zerr-store/src/dirs.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "tests need a part of it")]
mod dirs;

/// Real tools in a real sandbox: without one these tests fail, as zerr would.
pub(crate) fn toolchain() -> &'static Toolchain {
    static TOOLCHAIN: OnceLock<Toolchain> = OnceLock::new();
    TOOLCHAIN.get_or_init(|| probe(Sandbox::probe().unwrap(), own_tools().as_deref()))
}

/// The folder of the programs that zerr pinned for itself.
pub(crate) fn own_tools() -> Option<std::path::PathBuf> {
    let dirs = dirs::Dirs::from_env().unwrap();
    dirs.python_tool("ty").parent().map(std::path::Path::to_owned)
}

/// Candidates under test.
pub(crate) struct Case<'a> {
    pub(crate) signature: &'a str,
    pub(crate) context: &'a [&'a str],
    pub(crate) sources: &'a [&'a str],
    pub(crate) inputs: Vec<Vec<Value>>,
}

pub(crate) fn observe(case: &Case<'_>) -> Vec<Observed> {
    try_observe(case).unwrap()
}

pub(crate) fn try_observe(case: &Case<'_>) -> Result<Vec<Observed>, VerifyError> {
    let python = case.signature.starts_with("def ");
    let language = if python { Language::Python } else { Language::Rust };
    let function = from_signature(language, case.signature)?;
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (context, sources) = (owned(case.context), owned(case.sources));
    let job = ObserveJob {
        function: &function,
        context: &context,
        sources: &sources,
        inputs: &case.inputs,
        limits: ObserveLimits { call_ms: 700, ..ObserveLimits::default() },
    };
    toolchain().runner(language)?.observe(&job, &Cancel::new())
}

/// What the only candidate did.
pub(crate) fn ran(observed: &Observed) -> &[Observation] {
    observed.observations().unwrap_or_else(|| panic!("{observed:?}"))
}

pub(crate) fn returned(value: Value) -> Observation {
    Observation::Returned { value, mutated: Vec::new() }
}

pub(crate) fn i32(value: i32) -> Value {
    Value::int(IntKind::I32, value)
}

pub(crate) fn int(value: i64) -> Value {
    Value::int(IntKind::Big, value)
}

pub(crate) fn crashed(observation: &Observation) -> bool {
    matches!(observation, Observation::Crashed { .. })
}
