//! rustfmt and `ruff format`, confined, because they read generated code.

use zerr_exec::{Cancel, Job, Limits, Sandbox};

use super::python::tool_files;
use crate::python::run;
use crate::toolchain::{RustTools, Tool};
use crate::{Formatted, MissingTool, VerifyError};

/// Formats a Rust file.
pub(crate) fn rustfmt(
    sandbox: &Sandbox,
    tools: &RustTools,
    source: &str,
    style: &Style,
    cancel: &Cancel,
) -> Result<Formatted, VerifyError> {
    let rustfmt = match &tools.rustfmt {
        Ok(rustfmt) => rustfmt,
        Err(missing) => return Ok(unchanged(source, missing)),
    };
    let edition = style.edition.as_deref().unwrap_or("2024");
    let mut args = vec!["--edition", edition, "--emit", "stdout", "--quiet"];
    if style.config.is_some() {
        args.extend(["--config-path", "."]);
    }
    // It links rustc's own library, which stands in the sysroot.
    filter(sandbox, rustfmt, &args, vec![tools.sysroot.clone()], source, style, cancel)
}

/// How a project wants its code to look; zerr's own way by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Style {
    /// Rust's edition.
    pub edition: Option<String>,
    /// The formatter's configuration: its file's name and text.
    pub config: Option<(String, String)>,
}

/// Formats a Python file.
pub(crate) fn ruff_format(
    sandbox: &Sandbox,
    ruff: Result<&Tool, &MissingTool>,
    source: &str,
    style: &Style,
    cancel: &Cancel,
) -> Result<Formatted, VerifyError> {
    let ruff = match ruff {
        Ok(ruff) => ruff,
        Err(missing) => return Ok(unchanged(source, missing)),
    };
    let mut args = vec!["format", "--no-cache", "--stdin-filename", "assembled.py"];
    match &style.config {
        Some((name, _)) => args.extend(["--config", name]),
        None => args.push("--isolated"),
    }
    args.push("-");
    filter(sandbox, ruff, &args, tool_files(ruff), source, style, cancel)
}

fn filter(
    sandbox: &Sandbox,
    tool: &Tool,
    args: &[&str],
    read_only: Vec<std::path::PathBuf>,
    source: &str,
    style: &Style,
    cancel: &Cancel,
) -> Result<Formatted, VerifyError> {
    let work = sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
    if let Some((name, text)) = &style.config {
        work.write(name, text).map_err(VerifyError::work_dir("write"))?;
    }
    let mut job = Job::new(&tool.path, &work);
    job.args = args.iter().map(Into::into).collect();
    job.env = vec![("HOME".into(), "/tmp".into()), ("PATH".into(), "/usr/bin:/bin".into())];
    job.read_only = read_only;
    job.stdin = source.as_bytes().to_vec();
    job.limits = Limits { wall_ms: 20_000, ..Limits::compiler() };
    let outcome = run(sandbox, &job, cancel)?;
    let text = String::from_utf8(outcome.stdout.clone()).ok().filter(|text| {
        // A formatter that dropped the text would be believed otherwise.
        outcome.is_success() && text.trim().is_empty() == source.trim().is_empty()
    });
    if let Some(text) = text {
        return Ok(Formatted { text, tool: Some(tool.version.clone()), note: None });
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    let said = said.lines().next().unwrap_or("it says nothing");
    let note = format!("not formatted: {} {said}", tool.version.name);
    Ok(Formatted { text: source.to_owned(), tool: None, note: Some(note) })
}

fn unchanged(source: &str, missing: &MissingTool) -> Formatted {
    let note = format!("not formatted: {missing}; {}", missing.hint);
    Formatted { text: source.to_owned(), tool: None, note: Some(note) }
}
