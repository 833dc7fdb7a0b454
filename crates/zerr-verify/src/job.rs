//! What is asked of a language's runner and what comes back. Main types: [`ObserveJob`],
//! [`Observed`], [`LanguageRunner`].

pub use zerr_core::observe::Outcome as Observed;
use zerr_core::spec::FunctionSpec;
use zerr_core::value::Value;
use zerr_core::verdict::ToolVersion;
use zerr_exec::Cancel;
use zerr_syntax::Language;

use crate::VerifyError;
use crate::layers::Style;
use crate::performance::Costs;

/// Candidates for one function and the inputs to run them on.
#[derive(Debug, Clone, Copy)]
pub struct ObserveJob<'a> {
    /// The function that every source defines.
    pub function: &'a FunctionSpec,
    /// Sources of the functions it may call, each at most once, in order.
    pub context: &'a [String],
    /// One candidate each.
    pub sources: &'a [String],
    /// Arguments of one call each.
    pub inputs: &'a [Vec<Value>],
    /// Bounds on each candidate.
    pub limits: ObserveLimits,
}

/// One file that defines several functions, each with the inputs to run it on.
#[derive(Debug, Clone, Copy)]
pub struct FileJob<'a> {
    /// The whole text, without the imports that a runner adds itself.
    pub source: &'a str,
    /// The functions to call, and arguments of one call each.
    pub functions: &'a [(&'a FunctionSpec, Vec<Vec<Value>>)],
    /// Bounds on each function.
    pub limits: ObserveLimits,
}

impl<'a> FileJob<'a> {
    /// A job for each function; `source` is the file's text once more, as a list of one.
    pub(crate) fn each<'b>(&'b self, source: &'b [String]) -> impl Iterator<Item = ObserveJob<'b>>
    where
        'a: 'b,
    {
        let limits = self.limits;
        self.functions.iter().map(move |(function, inputs)| ObserveJob {
            function,
            context: &[],
            sources: source,
            inputs,
            limits,
        })
    }
}

/// Bounds on what a candidate may use while it is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObserveLimits {
    /// Time of one call: wall clock in Rust; in Python that of a processor, in at most ten times as long.
    pub call_ms: u64,
    /// After this many calls that did not end by themselves, a candidate's other inputs are not
    /// run. With 0 what loses a call is not run a second time either.
    pub lost_max: u32,
    /// Address space of a candidate's process.
    pub memory_bytes: u64,
    /// An encoded result past this is [`Observation::OutputLimit`].
    pub result_bytes_max: u64,
    /// The same for what a call prints.
    pub noise_bytes_max: u64,
    /// Wall clock of all candidates together; what is not run by then is said not to have been.
    pub wall_ms: u64,
    /// How often every call is made, where a language makes it more than once.
    pub passes: Passes,
}

/// How often a call is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Passes {
    /// In two orders, each in processes of its own, so that what depends on chance or on earlier calls
    /// is told apart.
    #[default]
    Twice,
    /// Once, where a call is only held against an answer that is known.
    Once,
    /// Once in the other order, by processes of their own: the second half of `Twice`, for whom the first one
    /// is there. [`Observation::agreed`] puts both together.
    Again,
}

impl Default for ObserveLimits {
    fn default() -> Self {
        Self {
            call_ms: 1_000,
            lost_max: 2,
            memory_bytes: 1 << 30,
            result_bytes_max: 64 << 10,
            noise_bytes_max: 1 << 20,
            wall_ms: 120_000,
            passes: Passes::Twice,
        }
    }
}

/// A source text after its formatter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text, unchanged when there is a note.
    pub text: String,
    /// The formatter, when it ran.
    pub tool: Option<ToolVersion>,
    /// Why the text is unchanged, and what would help.
    pub note: Option<String>,
}

/// One target language: how its functions are observed and formatted.
///
/// Everything blocks, and everything that reads or runs generated code runs confined.
pub trait LanguageRunner: Send + Sync {
    /// The language.
    fn language(&self) -> Language;

    /// The tools that take part in an observation, for the evidence.
    fn tools(&self) -> Vec<ToolVersion>;

    /// Does what is done once a process, so that the first observation need not wait for it. May
    /// be left out.
    ///
    /// # Errors
    /// As [`LanguageRunner::observe`].
    fn prepare(&self, cancel: &Cancel) -> Result<(), VerifyError> {
        let _ = cancel;
        Ok(())
    }

    /// Counts what each call of the job's only source costs.
    ///
    /// # Errors
    /// As [`LanguageRunner::observe`]; [`VerifyError::BadJob`] where the source is refused.
    fn costs(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Costs, VerifyError> {
        let _ = (job, cancel);
        Err(VerifyError::BadJob("this runner counts no costs".to_owned()))
    }

    /// Compiles or loads every source together with the context and calls it on every input.
    ///
    /// Returns one [`Observed`] a source, in order. A call is made twice, in different company;
    /// one that answers differently the second time is [`Observation::Opaque`].
    ///
    /// # Errors
    /// When a tool or the sandbox falls short; whatever a candidate does is no error.
    fn observe(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Vec<Observed>, VerifyError>;

    /// Observes the functions of one file in their own company; one [`Observed`] a function, in
    /// order.
    ///
    /// # Errors
    /// As [`LanguageRunner::observe`].
    fn observe_file(
        &self,
        job: &FileJob<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Observed>, VerifyError> {
        let source = [job.source.to_owned()];
        let mut observed = Vec::with_capacity(job.functions.len());
        for one in job.each(&source) {
            if one.inputs.is_empty() {
                observed.push(Observed::Ran(Vec::new()));
                continue;
            }
            let outcome = self.observe(&one, cancel)?.into_iter().next();
            observed.push(outcome.ok_or_else(|| {
                VerifyError::BadJob(format!("nothing came of `{}`", one.function.name))
            })?);
        }
        Ok(observed)
    }

    /// Formats a whole file.
    ///
    /// # Errors
    /// When the sandbox falls short; a missing formatter is a note.
    fn format(&self, source: &str, cancel: &Cancel) -> Result<Formatted, VerifyError>;

    /// Formats it as a project wants it.
    ///
    /// # Errors
    /// As [`LanguageRunner::format`].
    fn format_as(
        &self,
        source: &str,
        style: &Style,
        cancel: &Cancel,
    ) -> Result<Formatted, VerifyError> {
        let _ = style;
        self.format(source, cancel)
    }
}

pub(crate) fn check(job: &ObserveJob<'_>) -> Result<(), VerifyError> {
    for (index, input) in job.inputs.iter().enumerate() {
        let fits = input.len() == job.function.params.len()
            && input.iter().zip(&job.function.params).all(|(value, (_, ty))| value.fits(ty));
        if !fits {
            return Err(VerifyError::BadJob(format!(
                "input {} does not fit the parameters of `{}`",
                index + 1,
                job.function.name
            )));
        }
    }
    match job.function.params.iter().find(|(_, ty)| !ty.is_transparent()) {
        Some((_, ty)) => Err(VerifyError::Unsupported(ty.to_string())),
        None => Ok(()),
    }
}

/// Runs a group of candidates, and then those it says were lost again in smaller groups, so that
/// one that takes everything for itself costs only its own results. Stops when no time is
/// `left` (milliseconds).
pub(crate) fn in_halves(
    all: Vec<usize>,
    left: impl Fn() -> u64,
    mut run: impl FnMut(&[usize]) -> Result<Vec<usize>, VerifyError>,
) -> Result<(), VerifyError> {
    let mut groups = vec![all];
    while let Some(group) = groups.pop() {
        if group.is_empty() || left() == 0 {
            continue;
        }
        let mut lost = run(&group)?;
        if group.len() > 1 {
            let rest = lost.split_off(lost.len() / 2);
            groups.extend([rest, lost]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::from_signature;
    use crate::testing::{crashed, i32, int, ran, returned, toolchain};

    #[test]
    fn one_greedy_candidate_costs_only_itself() {
        let mut done = Vec::new();
        let mut rounds = 0;
        in_halves(
            (0..100).collect(),
            || 1,
            |group| {
                rounds += 1;
                let greedy = group.iter().position(|candidate| *candidate == 37);
                let (ran, lost) = group.split_at(greedy.unwrap_or(group.len()));
                done.extend_from_slice(ran);
                Ok(lost.to_vec())
            },
        )
        .unwrap();
        done.sort_unstable();
        let others: Vec<usize> = (0..100).filter(|candidate| *candidate != 37).collect();
        assert_eq!(done, others);
        assert!(rounds < 20, "{rounds}");
    }

    #[test]
    fn without_time_nothing_more_is_run() {
        in_halves(vec![1, 2], || 0, |_| panic!("ran")).unwrap();
    }

    /// What each function of a file did, or why the file was refused.
    fn observe_file(language: Language, signatures: &[&str], source: &str) -> Vec<Observed> {
        let functions: Vec<FunctionSpec> =
            signatures.iter().map(|text| from_signature(language, text).unwrap()).collect();
        let number = |n: i64| match language {
            Language::Rust => i32(n as i32),
            Language::Python => int(n),
        };
        let jobs: Vec<_> = functions
            .iter()
            .map(|function| (function, vec![vec![number(1)], vec![number(2)]]))
            .collect();
        let job = FileJob {
            source,
            functions: &jobs,
            limits: ObserveLimits { call_ms: 700, ..<_>::default() },
        };
        toolchain().runner(language).unwrap().observe_file(&job, &Cancel::new()).unwrap()
    }

    #[test]
    fn functions_of_one_file_are_observed_in_their_own_company() {
        let rust = observe_file(
            Language::Rust,
            &["fn twice(x: i32) -> i32", "fn thrice(x: i32) -> i32", "fn stuck(x: i32) -> i32"],
            "pub fn twice(x: i32) -> i32 { x * 2 }\n\npub fn thrice(x: i32) -> i32 { twice(x) + x }\n\
             pub fn stuck(x: i32) -> i32 { if x == 1 { std::process::exit(0) } x }\n",
        );
        assert_eq!(ran(&rust[0]), [returned(i32(2)), returned(i32(4))]);
        assert_eq!(ran(&rust[1]), [returned(i32(3)), returned(i32(6))]);
        assert!(crashed(&ran(&rust[2])[0]), "{:?}", rust[2]);
        assert_eq!(ran(&rust[2])[1], returned(i32(2)));
        let python = observe_file(
            Language::Python,
            &["def twice(x: int) -> int:", "def thrice(x: int) -> int:"],
            "def twice(x: int) -> int:\n    return x * 2\n\n\n\
             def thrice(x: int) -> int:\n    return twice(x) + x\n",
        );
        assert_eq!(ran(&python[1]), [returned(int(3)), returned(int(6))]);
    }

    #[test]
    fn a_file_that_does_not_compile_refuses_all_its_functions() {
        let signatures = ["fn twice(x: i32) -> i32", "fn other(x: i32) -> i32"];
        let wrong = "fn twice(x: i32) -> i32 { x * 2 }\nfn other(x: i32) -> i32 { \"no\" }\n";
        let missing = "fn twice(x: i32) -> i32 { x * 2 }\n";
        for source in [wrong, missing] {
            for observed in observe_file(Language::Rust, &signatures, source) {
                assert!(matches!(observed, Observed::Rejected { .. }), "{observed:?}");
            }
        }
    }
}
