//! `CPython`'s own parser as syntax layer, ty as type layer.

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region, Severity};
use zerr_exec::{Cancel, Job, Limits, Sandbox, Status};

use super::{Layer, Unit, finding, missing, outcome};
use crate::python::{python_job, run};
use crate::toolchain::{PythonTools, Tool};
use crate::{MissingTool, VerifyError};

/// The file parses and compiles to bytecode.
pub(crate) struct PythonSyntax {
    sandbox: Arc<Sandbox>,
    tools: Result<Arc<PythonTools>, MissingTool>,
}

/// ty finds no error.
pub(crate) struct PythonTypes {
    sandbox: Arc<Sandbox>,
    python: Result<Arc<PythonTools>, MissingTool>,
    ty: Result<Tool, MissingTool>,
}

/// Says yes or no in so many words: a parser that dies is not taken for one that is content.
const PARSE: &str = "import ast, json, sys
text = sys.stdin.buffer.read()
try:
    compile(ast.parse(text), 'file', 'exec', dont_inherit=True)
    print(json.dumps({'ok': True}))
except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
    line = getattr(error, 'lineno', None)
    message = getattr(error, 'msg', None) or str(error)
    print(json.dumps({'ok': False, 'rule': type(error).__name__, 'line': line, 'message': message}))";

impl PythonSyntax {
    pub(crate) fn new(sandbox: Arc<Sandbox>, tools: Result<Arc<PythonTools>, MissingTool>) -> Self {
        Self { sandbox, tools }
    }

    fn read(
        &self,
        tools: &PythonTools,
        unit: &Unit<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Finding>, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        let mut job = python_job(tools, &work, &["-c", PARSE], 60_000);
        job.stdin = unit.text.as_bytes().to_vec();
        let ended = run(&self.sandbox, &job, cancel)?;
        let said: Parsed =
            serde_json::from_slice(&ended.stdout).map_err(|_| VerifyError::BrokenTool {
                tool: "python3",
                message: format!("the parser ended with {:?}", ended.status),
                hint: "does `python3 -c 'import ast, json'` work?",
            })?;
        Ok(match said {
            Parsed { ok: true, .. } => Vec::new(),
            Parsed { rule, line, message, .. } => {
                vec![finding(LayerId::Syntax, &rule, line, message)]
            }
        })
    }
}

#[derive(Deserialize)]
struct Parsed {
    ok: bool,
    #[serde(default)]
    rule: String,
    line: Option<usize>,
    #[serde(default)]
    message: String,
}

impl Layer for PythonSyntax {
    fn id(&self) -> LayerId {
        LayerId::Syntax
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let tools = match &self.tools {
            Ok(tools) => tools,
            Err(gone) => return Ok(missing(self.id(), gone)),
        };
        let started = Instant::now();
        let found = self.read(tools, unit, cancel);
        outcome(self.id(), &tools.python.version, started, found)
    }
}

impl PythonTypes {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        python: Result<Arc<PythonTools>, MissingTool>,
        ty: Result<Tool, MissingTool>,
    ) -> Self {
        Self { sandbox, python, ty }
    }

    fn read(
        &self,
        ty: &Tool,
        python: &PythonTools,
        unit: &Unit<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Finding>, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        work.write("assembled.py", unit.text).map_err(VerifyError::work_dir("write"))?;
        let version: Vec<&str> = python.python.version.version.splitn(3, '.').take(2).collect();
        let version = version.join(".");
        let mut job = Job::new(&ty.path, &work);
        job.args = ["check", "--output-format", "gitlab", "--no-progress", "--python-version"]
            .iter()
            .map(Into::into)
            .collect();
        job.args.extend([version.into(), "assembled.py".into()]);
        job.env = vec![("HOME".into(), "/tmp".into()), ("PATH".into(), "/usr/bin:/bin".into())];
        job.read_only = tool_files(ty);
        job.limits = Limits { wall_ms: 60_000, ..Limits::compiler() };
        let ended = run(&self.sandbox, &job, cancel)?;
        let broken = |message| VerifyError::BrokenTool {
            tool: "ty",
            message,
            hint: "does `ty check` work on an empty file?",
        };
        // 0: nothing found, 1: something found; anything else says nothing about the file.
        if !matches!(ended.status, Status::Exited(0 | 1)) {
            let said = String::from_utf8_lossy(&ended.stderr);
            let said = said.lines().next().unwrap_or_default();
            return Err(broken(format!("it ended with {:?} {said}", ended.status)));
        }
        let mut found = read_gitlab_report(&ended.stdout)
            .map_err(|error| broken(format!("its report does not parse: {error}")))?;
        // The one file there is has a name of ours.
        for finding in &mut found {
            finding.file = None;
        }
        Ok(found)
    }
}

/// The findings of ty's report, with files as it names them.
pub(crate) fn read_gitlab_report(bytes: &[u8]) -> Result<Vec<Finding>, serde_json::Error> {
    let issues: Vec<Issue> = serde_json::from_slice(bytes)?;
    Ok(issues.into_iter().map(Issue::finding).collect())
}

/// What a tool of one file needs to be seen by itself.
pub(crate) fn tool_files(tool: &Tool) -> Vec<std::path::PathBuf> {
    if tool.path.starts_with("/usr") { Vec::new() } else { vec![tool.path.clone()] }
}

/// An entry of a GitLab code quality report.
#[derive(Deserialize)]
struct Issue {
    description: String,
    check_name: String,
    severity: String,
    location: Location,
}

#[derive(Deserialize)]
struct Location {
    path: String,
    positions: Option<Positions>,
    lines: Option<Lines>,
}

#[derive(Deserialize)]
struct Positions {
    begin: Position,
    end: Option<Position>,
}

#[derive(Deserialize)]
struct Position {
    line: usize,
    column: Option<usize>,
}

impl Position {
    fn place(&self) -> Option<(usize, usize)> {
        Some((self.line, self.column?))
    }
}

#[derive(Deserialize)]
struct Lines {
    begin: usize,
}

impl Issue {
    fn finding(self) -> Finding {
        let Location { path, positions, lines } = self.location;
        let exact = positions.as_ref().and_then(|positions| {
            let start = positions.begin.place()?;
            let end = positions.end.as_ref().and_then(Position::place).unwrap_or(start);
            Some(Region::between(start, end))
        });
        let line = positions.map(|at| at.begin.line).or(lines.map(|at| at.begin));
        let message = self.description.strip_prefix(&self.check_name).unwrap_or(&self.description);
        let message = message.trim_start_matches(": ").to_owned();
        let severity = match self.severity.as_str() {
            "info" => Severity::Note,
            "minor" => Severity::Warning,
            _ => Severity::Error,
        };
        Finding::error(LayerId::Types, self.check_name, message)
            .severity(severity)
            .in_file(path)
            .at(exact.or(line.map(Region::line)))
    }
}

impl Layer for PythonTypes {
    fn id(&self) -> LayerId {
        LayerId::Types
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let (python, ty) = match (&self.python, &self.ty) {
            (Ok(python), Ok(ty)) => (python, ty),
            (Err(gone), _) | (_, Err(gone)) => return Ok(missing(self.id(), gone)),
        };
        let started = Instant::now();
        let found = self.read(ty, python, unit, cancel);
        outcome(self.id(), &ty.version, started, found)
    }
}
