//! The command line: [`Cli`].

#![expect(clippy::doc_markdown, reason = "it is help text for a terminal")]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use zerr_core::verdict::LayerId;
use zerr_engine::{reliability, time_limit};
use zerr_syntax::Language;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Examples:
  cargo zerr generate examples/hello_world          write what task_spec.yaml asks for
  cargo zerr generate src/lib.rs:42                 fill the todo!() in the function at line 42
  cargo zerr generate task_spec.yaml --dry-run      print the code, write nothing
  cargo zerr decompose task_spec.yaml               the parts of each function, as a spec
  cargo zerr verify                                 check your own code with every layer
  cargo zerr verify --staged                        check what the next commit changes
  cargo zerr runs list                              every run, newest first
  cargo zerr doctor                                 what is installed and what is in force

Exit codes:
  0  verified, or done             3    undecided, or only agreed
  1  findings, or refuted          101  internal error
  2  wrong usage, wrong input, or  130  interrupted
     something is missing

Data goes to standard output, everything else to standard error.";

/// Turns specs into verified code with a language model that runs on this machine.
///
/// Many samples are drawn for each function, run in a sandbox, grouped by what they do, and the
/// group that leads by k votes is tested against everything that is known about the function.
/// What survives is written, with evidence. What does not is not written.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = AFTER_HELP, max_term_width = 100)]
#[command(propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct GlobalArgs {
    /// What standard output is for: people, or programs.
    #[arg(long, global = true, value_enum, default_value_t = MessageFormat::Human)]
    #[arg(value_name = "FORMAT")]
    pub(crate) message_format: MessageFormat,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto)]
    #[arg(value_name = "WHEN", env = "CARGO_TERM_COLOR", hide_env = true)]
    pub(crate) color: ColorArg,
    /// Say nothing but errors on standard error.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: complaints about candidates, all layers, the classes that lost.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The folder whose `.zerr` keeps runs and evidence [default: the nearest folder above this
    /// one with a `.zerr`, `zerr.toml` or `.git`, or this one].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0; findings only.
    Sarif,
    /// `JUnit` XML; findings only.
    Junit,
    /// GitHub workflow commands; findings only.
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    /// When a terminal is there.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the functions that a spec or an unfinished function asks for.
    Generate(GenerateArgs),
    /// Take functions apart into smaller ones, as a spec that a person can edit.
    Decompose(DecomposeArgs),
    /// Check people's own code: syntax, types, lints, secrets, advisories.
    Verify(VerifyArgs),
    /// Check the project for secrets and dependencies with known vulnerabilities.
    Audit(AuditArgs),
    /// Check what is staged before every commit.
    #[command(subcommand)]
    Hook(HookCommand),
    /// Learn from tasks with a known truth how sure a race has to be for a stated risk.
    #[command(after_help = CALIBRATE_HELP)]
    Calibrate(CalibrateArgs),
    /// List, show and resume runs.
    #[command(subcommand)]
    Runs(RunsCommand),
    /// What is known about the model.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Serve an editor: diagnostics while you type, actions that offer verified code.
    #[command(after_help = LSP_HELP)]
    Lsp,
    /// Check this machine: tools, sandbox, model host, and the settings in force.
    Doctor(DoctorArgs),
    /// Measure zerr on this machine.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Explain an exit code, a red flag, a verdict or a layer.
    #[command(
        after_help = "Examples:\n  cargo zerr explain 3\n  cargo zerr explain other_signature\n  cargo zerr explain agreed"
    )]
    Explain(ExplainArgs),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  cargo zerr completions bash > ~/.local/share/bash-completion/completions/cargo-zerr"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page.
    #[command(after_help = "Example:\n  cargo zerr man | man -l -")]
    Man,
}

const LSP_HELP: &str = "\
Editors start it and speak the Language Server Protocol with it over standard input and output, for Rust,
Python and task_spec.yaml. Its initializationOptions: {\"model\": \"/path/model.gguf\"}.";

const GENERATE_HELP: &str = "\
Examples:
  cargo zerr generate examples/hello_world --out target/hello
  cargo zerr generate examples/hello_world --language python --diff
  cargo zerr generate src/lib.rs:42
  echo 'def gcd(a: int, b: int) -> int: the greatest common divisor. gcd(12, 18) == 6' | cargo zerr generate -
  cargo zerr generate --fn Circle::area --model ~/models/coder.gguf
  cargo zerr generate --test tests::grows --model ~/models/coder.gguf
  cargo zerr generate task_spec.yaml --model ~/models/coder.gguf --max-samples 128
  cargo zerr generate task_spec.yaml --message-format json --dry-run | jq .steps

Standard output gets the paths of the files that were written, one a line; with --dry-run the
code; with --diff the difference; with --message-format json one document.

The same settings can stand in zerr.toml (or [workspace.metadata.zerr] of Cargo.toml), in the
environment, and here; the later one wins. `cargo zerr doctor` says what is in force.";

#[derive(Debug, Args)]
#[command(after_help = GENERATE_HELP)]
pub(crate) struct GenerateArgs {
    /// A folder with a task_spec.yaml, a YAML file, or FILE:LINE of an unfinished function
    /// (`todo!()`, `unimplemented!()`, `raise NotImplementedError`, `...`).
    #[arg(value_name = "TARGET", required_unless_present_any = ["function", "todo", "test"])]
    pub(crate) target: Option<String>,
    /// The unfinished function of this name, in the files of this project: `area`, `Circle::area`,
    /// `shapes::Circle::area`.
    #[arg(long = "fn", value_name = "PATH", id = "function", conflicts_with = "target")]
    pub(crate) function: Option<String>,
    /// The unfinished function that this test names; all tests that reach it judge.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["target", "function"])]
    pub(crate) test: Option<String>,
    /// All unfinished functions of this project, one run each, those first that others mention.
    #[arg(long, conflicts_with_all = ["target", "function", "test"])]
    pub(crate) todo: bool,
    /// Try a function at FILE:LINE in its own project even where it would stand by itself: the package is
    /// built, and its tests judge. Methods, and functions over the project's own types, always are.
    #[arg(long)]
    pub(crate) in_project: bool,
    /// Tests whose names hold this judge, and are not shown to the model; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) held_out: Vec<String>,
    /// Only this language of those that the spec lists.
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) language: Option<Language>,
    /// Do everything anew, even what earlier runs have answers for.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Also write every sample that was drawn to this file, as JSON lines; `--model FILE.jsonl`
    /// plays them back. Where functions were split, those of the last round.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// How often functions that could not be written are split into parts and tried again; 0 is
    /// never.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=4))]
    pub(crate) split_depth: u32,
    /// A witness: another model, in GGUF form or recorded, that is asked for every function that the
    /// first one has written. Where most of its samples do something else, the function is undecided.
    #[arg(long, value_name = "PATH")]
    pub(crate) second_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) dependencies: DependencyArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
}

/// What becomes of packages that samples need and a project does not depend on.
#[derive(Debug, Args)]
pub(crate) struct DependencyArgs {
    /// Where samples need a package that the project does not depend on: ask the registry about it (network),
    /// check its licence and advisories, and say the command that would add it. Nothing is added.
    #[arg(long)]
    pub(crate) propose_dependencies: bool,
    #[command(flatten)]
    pub(crate) advisories: AdvisoryArgs,
}

const DECOMPOSE_HELP: &str = "\
Examples:
  cargo zerr decompose task_spec.yaml
  cargo zerr decompose task_spec.yaml --function report --out parts.yaml
  cargo zerr decompose src/lib.rs:42 --depth 2 > task_spec.yaml
  cargo zerr decompose task_spec.yaml --report votes.html      the votes on each split, as a page

The model proposes parts many times; proposals are compared by the names, types and calls of their
parts, and one has to lead by k votes. Those that do not fit together never count. Nothing is
written by the parts yet: edit the spec, then `cargo zerr generate` it.

Standard output gets the spec, or its path with --out; with --message-format json one document.";

#[derive(Debug, Args)]
#[command(after_help = DECOMPOSE_HELP)]
pub(crate) struct DecomposeArgs {
    /// A folder with a task_spec.yaml, a YAML file, or FILE:LINE of an unfinished function.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Take only this function apart; may be given several times [default: all].
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Vec<String>,
    /// Only this language of those that the spec lists.
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) language: Option<Language>,
    /// Also propose examples for functions that have none, voted on, for you to confirm.
    #[arg(long)]
    pub(crate) examples: bool,
    /// How often parts are taken apart again.
    #[arg(long, value_name = "N", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4))]
    pub(crate) depth: u32,
    /// Write the spec to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite the file.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// Do everything anew, even what earlier runs have answers for.
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
}

const VERIFY_HELP: &str = "\
Examples:
  cargo zerr verify                                  everything below this folder
  cargo zerr verify src/lib.rs tools                 these files and folders
  cargo zerr verify --staged                         what the next commit changes, as it is staged
  cargo zerr verify --since main --layers syntax,types
  cargo zerr verify --workspace --message-format sarif > zerr.sarif
  cargo zerr verify --workspace --write-baseline zerr-baseline.json
  cargo zerr verify --workspace --baseline zerr-baseline.json
  cargo zerr verify --explain F401

The tools are yours, as your editor calls them: cargo and clippy, the ruff and ty of the project's
environment (zerr's own where it has none). What is missing is reported as not run, never as passed.
A comment `zerr: allow(RULE) REASON` on the line, or alone on the line above, answers for a finding.

Findings of severity error end with exit code 1; a layer that was named and did not run ends with 3.
Standard output gets the findings.";

#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct VerifyArgs {
    /// Files and folders [default: this folder]; what version control ignores is left out.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// What the next commit would change, as it stands in the index.
    #[arg(long, conflicts_with_all = ["paths", "since", "workspace"])]
    pub(crate) staged: bool,
    /// What changed since this revision, untracked files included.
    #[arg(long, value_name = "REV", conflicts_with_all = ["paths", "workspace"])]
    pub(crate) since: Option<String>,
    /// The whole project.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) workspace: bool,
    /// Also run the project's own tests: `cargo test`, pytest. They run as you run them.
    #[arg(long)]
    pub(crate) tests: bool,
    /// Only these layers, such as syntax,types,static_analysis,security.
    #[arg(long, value_name = "LAYERS", value_delimiter = ',', value_parser = layer)]
    pub(crate) layers: Vec<LayerId>,
    /// Let ruff and clippy put right what they safely can, then check.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Check again whenever a file changes, until Ctrl-C.
    #[arg(long, conflicts_with = "staged")]
    pub(crate) watch: bool,
    /// Findings in this file do not count.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings to this file, to be known from now on.
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Explain a rule, and check nothing.
    #[arg(long, value_name = "RULE")]
    pub(crate) explain: Option<String>,
    #[command(flatten)]
    pub(crate) advisories: AdvisoryArgs,
    /// Do everything anew, whatever earlier checks have answers for.
    #[arg(long)]
    pub(crate) fresh: bool,
}

/// Where advisories come from.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Advisories")]
pub(crate) struct AdvisoryArgs {
    /// A clone of rustsec/advisory-db, or a .tar.gz of one [default: what `audit --fetch` fetched,
    /// else the snapshot that comes with zerr].
    #[arg(long, value_name = "PATH", env = "ZERR_ADVISORY_DB")]
    pub(crate) advisory_db: Option<PathBuf>,
    /// A folder of OSV records of PyPI packages, for Python's lock files [default: none].
    #[arg(long, value_name = "DIR", env = "ZERR_PYTHON_ADVISORIES")]
    pub(crate) python_advisories: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo zerr audit\n  cargo zerr audit --message-format json | jq .findings"
)]
pub(crate) struct AuditArgs {
    /// First fetch the newest advisories from https://github.com/rustsec/advisory-db with git.
    #[arg(long)]
    pub(crate) fetch: bool,
    #[command(flatten)]
    pub(crate) advisories: AdvisoryArgs,
    /// Do everything anew, whatever earlier checks have answers for.
    #[arg(long)]
    pub(crate) fresh: bool,
}

const CALIBRATE_HELP: &str = "\
Every task is generated as `generate` does it, and only afterwards held against its truth. From then on
`generate --risk 0.05` accepts a function of this model and language only where its candidates agree so much
that at most 5 % of what is accepted so are wrong, with a chance of 0.9 (Learn-then-Test; the tasks have to be
like yours). Where the known outcomes cannot carry the risk, that is said before a sample is drawn.

Examples:
  cargo zerr calibrate --tasks crates/zerr-micro/curriculum/tasks.jsonl
  cargo zerr calibrate --samples samples.jsonl.gz --truth truth.jsonl.gz --model ~/models/coder.gguf
  cargo zerr generate src/lib.rs:42 --model ~/models/coder.gguf --risk 0.05

The result lies in zerr's own folder for data, one file a model.";

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Tasks with calls that are known, as `bench curriculum` takes them: the model is asked.
    #[arg(long, value_name = "FILE", required_unless_present = "samples")]
    pub(crate) tasks: Option<PathBuf>,
    /// Recorded samples of the model, as `bench replay` takes them; without `--model` the recording is
    /// the model, if it is one file.
    #[arg(long, value_name = "FILE", conflicts_with = "tasks", requires = "truth", num_args = 1..)]
    pub(crate) samples: Vec<PathBuf>,
    /// References and inputs for recorded samples.
    #[arg(long, value_name = "FILE", requires = "samples")]
    pub(crate) truth: Option<PathBuf>,
    /// Only this many tasks.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Keep nothing; show the table.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do as a run without a risk does, and show what of it is right; nothing is kept.
    #[arg(long)]
    pub(crate) plain: bool,
    /// A witness, as `generate --second-model` takes it: what is learnt holds for runs with both.
    #[arg(long, value_name = "PATH")]
    pub(crate) second_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Write git's pre-commit hook; one that is not zerr's is left alone.
    Install,
    /// Remove it again.
    Uninstall,
}

/// What happens to the result.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Writing")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct WriteArgs {
    /// Where files go [default: beside the spec; FILE:LINE is changed in place].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write nothing; print the code.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write nothing; print how the files would change.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) diff: bool,
    /// Overwrite files that changed meanwhile or that zerr did not write.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write the functions that are accepted, even where others of the spec are not.
    #[arg(long)]
    pub(crate) partial: bool,
    /// Also write the examples of what is accepted as tests: a module `tests` at the end of a Rust
    /// file, `test_NAME.py` for pytest beside a Python file.
    #[arg(long)]
    pub(crate) write_tests: bool,
    /// Write the spec's contracts above Python functions, as decorators of icontract.
    #[arg(long)]
    pub(crate) icontract: bool,
    /// Also write what only agreed: votes were decided, but no independent oracle pins it down.
    #[arg(long)]
    pub(crate) accept_agreed: bool,
}

/// Settings that `zerr.toml` and the environment may hold too.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingArgs {
    /// A model in GGUF form, or recorded samples (.jsonl, .jsonl.gz) [default: the embedded model].
    #[arg(long, value_name = "PATH", env = "ZERR_MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// How sure the whole result has to be, between 0 and 1 [default: the spec's, or 0.95].
    #[arg(long, value_name = "T", env = "ZERR_RELIABILITY", value_parser = reliability)]
    pub(crate) reliability: Option<f64>,
    /// The share of accepted functions that may be wrong, between 0 and 1: functions whose candidates
    /// agree too little for it are not accepted. Needs `cargo zerr calibrate` for the model.
    #[arg(long, value_name = "R", env = "ZERR_RISK", value_parser = reliability)]
    pub(crate) risk: Option<f64>,
    /// Most samples for one function [default: 64].
    #[arg(long, value_name = "N", env = "ZERR_MAX_SAMPLES")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) max_samples: Option<u32>,
    /// Give up after this time, such as 30s or 2min [default: none].
    #[arg(long, value_name = "TIME", env = "ZERR_TIME_LIMIT", value_parser = time_limit)]
    pub(crate) time_limit: Option<Duration>,
    /// The seed of all seeds [default: 0].
    #[arg(long, value_name = "N", env = "ZERR_SEED")]
    pub(crate) seed: Option<u64>,
    /// Draw in waves of fixed shape: the same run writes the same bytes.
    #[arg(long, value_name = "BOOL", env = "ZERR_DETERMINISTIC")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) deterministic: Option<bool>,
    /// How far the formal layer goes [default: quick].
    #[arg(long, value_name = "DEPTH", env = "ZERR_FORMAL")]
    pub(crate) formal: Option<Formal>,
    /// Threads for the model [default: all cores].
    #[arg(long, value_name = "N", env = "ZERR_THREADS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(crate) threads: Option<u32>,
}

/// Depths of the formal layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Formal {
    /// It does not look.
    Off,
    /// Functions over numbers and truth values: Z3 and small domains.
    Quick,
    /// Every function, more inputs, more time, and CrossHair for Python: some seconds a function.
    Full,
}

impl Formal {
    pub(crate) fn of(depth: zerr_core::run::FormalDepth) -> Self {
        match depth {
            zerr_core::run::FormalDepth::Off => Self::Off,
            zerr_core::run::FormalDepth::Quick => Self::Quick,
            zerr_core::run::FormalDepth::Full => Self::Full,
        }
    }

    pub(crate) fn depth(self) -> zerr_core::run::FormalDepth {
        match self {
            Self::Off => zerr_core::run::FormalDepth::Off,
            Self::Quick => zerr_core::run::FormalDepth::Quick,
            Self::Full => zerr_core::run::FormalDepth::Full,
        }
    }
}

impl std::fmt::Display for Formal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Quick => "quick",
            Self::Full => "full",
        })
    }
}

/// Kept out of files and the environment: a repository must not be able to say it for a person.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Danger")]
pub(crate) struct IsolationArgs {
    /// Run generated code that nobody has read without a sandbox, with your own rights.
    #[arg(long)]
    pub(crate) no_isolation_i_accept_the_risk: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Every run, newest first.
    List,
    /// The report of a run, from its journal alone.
    Show(ShowArgs),
    /// Go on with a run that was interrupted or killed.
    #[command(
        after_help = "Nothing that is in the journal is sampled again.\n\nExample:\n  cargo zerr runs resume 3f2a --out target/hello"
    )]
    Resume(ResumeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The run's id, or the beginning of it.
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Also write every sample that it drew to this file, which must not be there yet, as JSON lines;
    /// `--model FILE.jsonl` plays them back. Of a run of `decompose` these are its splits.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}

/// The report for a browser.
#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    /// Also write the report as one self-contained HTML page: the plan, the race of the classes vote
    /// by vote, what each layer said, the assumptions and the code.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run's id, or the beginning of it.
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// The model that the run was begun with, if it was not the embedded one.
    #[arg(long, value_name = "PATH", env = "ZERR_MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// The second model that the run was begun with.
    #[arg(long, value_name = "PATH")]
    pub(crate) second_model: Option<PathBuf>,
    /// Threads for the model [default: all cores].
    #[arg(long, value_name = "N", env = "ZERR_THREADS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(crate) threads: Option<u32>,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Load the model and print what it is, what it knows, and how often it is right.
    Info(ModelArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// A model in GGUF form [default: the embedded one].
    #[arg(long, value_name = "PATH", env = "ZERR_MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// Threads for the model [default: all cores].
    #[arg(long, value_name = "N", env = "ZERR_THREADS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(crate) threads: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// First install what zerr needs and can install by itself: its own Python environment with
    /// pinned ty, ruff and Z3, from PyPI, in zerr's data folder.
    #[arg(long)]
    pub(crate) install: bool,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Tokens a second for 32 samples of one prompt: through the host, in a bare batched loop, and
    /// one after the other.
    Sample(ModelArgs),
    /// 100 candidates on 64 inputs in each language, against compiling and running one.
    Fingerprint,
    /// Checking one staged function in a workspace of 50 crates, warm.
    Verify,
    /// Held-out tasks of the embedded model's curriculum: single samples, and what zerr makes of them.
    #[command(after_help = CURRICULUM_HELP)]
    Curriculum(CurriculumArgs),
    /// Mutants of right solutions, and which layers of `verify` catch them.
    #[command(after_help = MUTANTS_HELP)]
    Mutants(MutantArgs),
    /// Keys in a long file: what an editor waits for, beside `ruff server`.
    Lsp,
    /// Recorded samples of real models: how often each way of choosing among them is right.
    #[command(after_help = REPLAY_HELP)]
    Replay(ReplayArgs),
    /// Functions of published crates and packages, tried in their own projects: with their own body, small
    /// wrong versions of it, and bodies that cannot be right.
    #[command(after_help = PROJECTS_HELP)]
    Projects(ProjectArgs),
    /// Engine time for a vote without model and oracles, journal included.
    Vote {
        /// Steps in the plan.
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        steps: u64,
    },
}

const PROJECTS_HELP: &str = "\
The packages come from the registries (cargo, pip) when it runs. A function counts that some test reaches. It
is handled when its own body passes. Columns: packages in the lock file; mutants, of which the compiler
refused, tests killed, and all tests let pass; ill, ill-typed bodies that the compiler refused; seconds to make
the project ready for one function, and to try all of its bodies, and how many times as long that is as one
`cargo check` and one build of the tests after a change.";

#[derive(Debug, Args)]
pub(crate) struct ProjectArgs {
    /// Crates, or folders of packages.
    #[arg(long, value_name = "NAME@VERSION", value_delimiter = ',')]
    #[arg(
        default_value = "strsim@0.11.1,heck@0.5.0,textwrap@0.16.2,semver@1.0.27,humantime@2.3.0,\
                           hex@0.4.3,shlex@1.3.0,smallvec@1.15.1,petgraph@0.8.3,arrayvec@0.7.6,\
                           csv-core@0.1.12,globset@0.4.16"
    )]
    pub(crate) rust: Vec<String>,
    /// Python packages, or folders of them.
    #[arg(long, value_name = "NAME@VERSION", value_delimiter = ',')]
    #[arg(default_value = "inflection@0.5.1,toolz@1.0.0,more-itertools@10.7.0,packaging@25.0,\
                           humanize@4.12.3,sortedcontainers@2.4.0")]
    pub(crate) python: Vec<String>,
    /// Functions of each.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) functions: usize,
    /// Functions of each that are looked at for that.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) looked_at: usize,
    /// Mutants of each function.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) mutants: usize,
    /// Chooses the functions.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keeps the packages and what is built here; a temporary folder otherwise.
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
    /// Puts every mutant that passes to the project's own `cargo test` or pytest, too.
    #[arg(long)]
    pub(crate) confirm: bool,
}

const CURRICULUM_HELP: &str = "\
Columns: single, the share of single samples that are right; verified and agreed, how many were
accepted so, how many percent of them are right and the lower end of the 95 % Clopper-Pearson
interval; cover, the share of tasks that were accepted; votes, samples that a race counted on
average; simul, the same for races over each task's own samples; Eq 16, what the formula expects.";

#[derive(Debug, Args)]
pub(crate) struct CurriculumArgs {
    /// Tasks with their ground truth, one JSON object a line.
    #[arg(long, value_name = "FILE", default_value = "crates/zerr-micro/curriculum/tasks.jsonl")]
    pub(crate) tasks: PathBuf,
    /// Only this many, spread over all of them.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Samples drawn for each task beside its run; 0 leaves the columns `single` and `simul` out.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) draws: u32,
    /// Another model as a witness, as in `generate`; the table says how it stands to right and wrong
    /// winners.
    #[arg(long, value_name = "PATH")]
    pub(crate) second_model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

const REPLAY_HELP: &str = "\
The samples run confined on inputs made for the spec that is read from each prompt. The truth says
afterwards which of them do what the reference does on the data set's inputs; no choice sees it.
Columns: right, where every task has to be answered; at 25 % and 40 %, among the tasks of which a
method is surest; ahead by k, races among the samples that meet the examples, over 20 orders.";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Recordings with `task_id`, `prompt`, `entry_point` and `samples`, one JSON object a line; may be
    /// packed by gzip.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) samples: Vec<PathBuf>,
    /// References and inputs in the form of HumanEval+; for scoring only.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: PathBuf,
    /// Write what was chosen for each task, one JSON object a line with `task_id`, `verdict`, `code`,
    /// `confidence` and `assumptions`. What keeps a risk of 0.10, by a threshold that was set without the
    /// task, is then tried by every layer and its mutants, and gets their verdict.
    #[arg(long, value_name = "FILE")]
    pub(crate) selections: Option<PathBuf>,
    /// Write what every sample did, one JSON object a line, for ways of choosing of your own: numbers that
    /// stand for `texts` and for what each did on each input (`behaviour`; `returned` tells for each number
    /// whether it is a result), whether it meets the examples (`meets`), passes each test of a model
    /// (`tests`), is `derived` from others, as the recording says, and is `right`.
    #[arg(long, value_name = "FILE")]
    pub(crate) pools: Option<PathBuf>,
    /// Also write the figures and their plots as one self-contained HTML page.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
    /// Write the plots of the page as SVG files into this folder too.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) plots: Option<PathBuf>,
    /// Only so many tasks.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

const MUTANTS_HELP: &str = "\
Each function of the data set is changed a little in several ways. What then does something else on the
data set's inputs is wrong; the layers see the function, its documentation and nothing of those inputs.";

#[derive(Debug, Args)]
pub(crate) struct MutantArgs {
    /// Python functions in the form of HumanEval+, one JSON object a line; may be packed by gzip.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: PathBuf,
    /// Contracts to add to their documentation: {\"TASK\": [\"ensures: …\", …], …}.
    #[arg(long, value_name = "FILE")]
    pub(crate) contracts: Option<PathBuf>,
    /// Mutants of one function at most.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) mutants: usize,
    /// Only so many functions.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The layers that look at the mutants.
    #[arg(long, value_name = "LAYERS", value_delimiter = ',', value_parser = layer)]
    #[arg(default_value = "syntax,types,contracts,unit_tests,properties,static_analysis,formal")]
    pub(crate) layers: Vec<LayerId>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Such as 3, forbidden, agreed, oracle_strength; all of them without it.
    #[arg(value_name = "WORD")]
    pub(crate) word: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

pub(crate) fn language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Language::ALL.iter().map(|language| language.name()).collect();
        format!("zerr writes {}", known.join(" and "))
    })
}

pub(crate) fn layer(text: &str) -> Result<LayerId, String> {
    let wanted = text.trim().to_lowercase().replace('-', "_");
    LayerId::ALL.into_iter().find(|layer| layer.name() == wanted).ok_or_else(|| {
        let known: Vec<&str> = LayerId::ALL.iter().map(|layer| layer.name()).collect();
        format!("the layers are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bounds_of_numbers_are_held() {
        assert_eq!(reliability("0.9"), Ok(0.9));
        for wrong in ["0", "1", "-1", "nan", "inf", "a lot"] {
            assert!(reliability(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time_limit("1min 30s"), Ok(Duration::from_secs(90)));
        for wrong in ["30", "0s", "-1s", ""] {
            assert!(time_limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn help_shows_every_command_and_the_exit_codes() {
        let help = Cli::command().term_width(100).render_long_help().to_string();
        insta::assert_snapshot!(help);
    }
}
