//! What `generate` is asked for: [`Target`], from a folder, a YAML file, a line in a source file, or
//! words on standard input.
//!
//! # Invariants
//! A file is read only after its size was looked at, and never past the limit.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use zerr_core::event::SpecSource;
use zerr_core::report;
use zerr_core::spec::{self, Manner, SPEC_BYTES_MAX, SpecError};
use zerr_syntax::Language;
use zerr_syntax::{holes, request, site};

use crate::failure::Failure;
use crate::project;

/// The name of standard input.
pub(crate) const STDIN: &str = "-";

/// The name of the spec in a folder.
const SPEC_FILE: &str = "task_spec.yaml";

/// What to generate from, read and checked.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) source: SpecSource,
    /// The name of the spec or the function.
    pub(crate) title: String,
    /// The file that was read.
    pub(crate) file: PathBuf,
    /// Its text.
    pub(crate) read: String,
    /// What a person should know of how it was read.
    pub(crate) remarks: Vec<String>,
    /// It is to be tried in its own project, which has to be made ready first.
    pub(crate) in_project: bool,
}

impl Target {
    /// Reads what `target` names and reports every mistake in it.
    pub(crate) fn read(
        target: &str,
        language: Option<Language>,
        project: &Path,
    ) -> Result<Self, Failure> {
        Self::read_with(target, language, project, false)
    }

    /// The same; `in_project` is what the user asked for.
    pub(crate) fn read_with(
        target: &str,
        language: Option<Language>,
        project: &Path,
        in_project: bool,
    ) -> Result<Self, Failure> {
        if target == STDIN {
            return Self::of_words(&read_stdin()?, language);
        }
        let (path, line) = locate(target)?;
        let read = read(&path)?;
        let (text, line) = asked_for_by_comment(&path, line, read.clone());
        let name = project::name_within(project, &path);
        let source = match (source_language(&path), line) {
            (Some(own), Some(line)) => {
                if language.is_some_and(|asked| asked != own) {
                    return Err(Failure::usage(format!("{} is {own}", path.display()))
                        .hint("leave `--language` away: a file has its language"));
                }
                SpecSource::Hole { name, text: text.clone(), language: own, line, project: None }
            }
            (Some(own), None) => return Err(no_line(target, own, &text)),
            (None, Some(_)) => {
                return Err(Failure::usage(format!(
                    "{} is no Rust or Python file",
                    path.display()
                ))
                .hint("FILE:LINE is for .rs and .py files; a spec is named without a line"));
            }
            (None, None) => SpecSource::Yaml { name, text: text.clone(), language },
        };
        let hole = match &source {
            SpecSource::Hole { text, language, line, .. } => holes::hole_at(*language, text, *line),
            SpecSource::Yaml { .. } => None,
        };
        let unread = hole.as_ref().and_then(|hole| hole.unread_remark(&text));
        let remarks = hole.map_or_else(Vec::new, |hole| hole.remarks(&text));
        if let SpecSource::Hole { text, language, line, .. } = &source
            && let Some(site) = site::site_at(*language, text, *line)
            && (in_project || needs_project(*language, text, *line))
        {
            if site.open.is_none() {
                let message = format!("`{}` is written already", site.shown());
                return Err(Failure::usage(message).hint(
                    "its body must be `todo!()`, `unimplemented!()`, `raise NotImplementedError` or `...`",
                ));
            }
            let title = site.name().to_owned();
            // Its types are what its project's tests give it.
            let remarks = unread.into_iter().collect();
            return Ok(Self { source, title, file: path, read, remarks, in_project: true });
        }
        let specs = report::specs_of(&source).map_err(|places| in_file(&path, places, text))?;
        let title = match (&source, specs.first()) {
            (_, None) => String::new(),
            (SpecSource::Yaml { .. }, Some(spec)) => spec.name.clone(),
            (SpecSource::Hole { .. }, Some(spec)) => {
                spec.functions.first().map_or(spec.name.clone(), |function| function.name.clone())
            }
        };
        Ok(Self { source, title, file: path, read, remarks, in_project: false })
    }
}

impl Target {
    /// The functions that a text asks for in words.
    fn of_words(text: &str, language: Option<Language>) -> Result<Self, Failure> {
        let asked = request::requests(text, language)
            .map_err(|error| Failure::usage(error.to_string()).hint(error.hint()))?;
        if let Some(other) =
            asked.iter().find(|one| Some(one.language) != asked.first().map(|it| it.language))
        {
            let message = format!("`{}` is of another language than the others", other.name);
            return Err(Failure::usage(message).hint("ask for one language at a time"));
        }
        let shown = "standard input";
        let text = spec::of_requests(&asked)
            .map_err(|(places, stub)| Failure::in_file(shown, places, stub))?;
        let source =
            SpecSource::Yaml { name: shown.to_owned(), text: text.clone(), language: None };
        let specs =
            report::specs_of(&source).map_err(|places| Failure::in_file(shown, places, text))?;
        let title = specs.first().map_or_else(String::new, |spec| spec.name.clone());
        let file = PathBuf::from(STDIN);
        let read = String::new();
        Ok(Self { source, title, file, read, remarks: Vec::new(), in_project: false })
    }
}

/// The text with the function that a comment `TODO(zerr): …` at this line asks for, unfinished, in the
/// comment's place; any other text as it is.
fn asked_for_by_comment(path: &Path, line: Option<usize>, text: String) -> (String, Option<usize>) {
    let (Some(language), Some(at)) = (source_language(path), line) else { return (text, line) };
    let comments = request::comments(language, &text);
    let comment = comments.iter().find(|it| (it.line..=it.end_line).contains(&at));
    match comment.and_then(|comment| comment.opened(&text)) {
        Some((opened, line)) => (opened, Some(line)),
        None => (text, line),
    }
}

/// Whether a function cannot stand by itself: a method, or one over types that only its project has.
fn needs_project(language: Language, text: &str, line: usize) -> bool {
    let Some(hole) = holes::hole_at(language, text, line) else { return false };
    spec::manner(&hole) == Manner::InProject
}

/// Mistakes with the file named as the user named it.
fn in_file(path: &Path, places: Vec<SpecError>, text: String) -> Failure {
    let shown = path.display().to_string();
    let places = places.into_iter().map(|place| SpecError { file: shown.clone(), ..place });
    Failure::in_file(&shown, places.collect(), text)
}

/// The file, and the line where one is named.
fn locate(target: &str) -> Result<(PathBuf, Option<usize>), Failure> {
    let path = PathBuf::from(target);
    if path.is_dir() {
        let spec = path.join(SPEC_FILE);
        if spec.exists() {
            return Ok((spec, None));
        }
        return Err(Failure::usage(format!("{target} holds no {SPEC_FILE}"))
            .hint("name the YAML file itself, or a folder that has one"));
    }
    if path.exists() {
        return Ok((path, None));
    }
    // FILE:LINE, or FILE:LINE:COLUMN as editors and compilers print it.
    let mut parts = target.rsplitn(3, ':');
    let (last, before, first) = (parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<usize>().ok());
    let split = match (number(last), number(before), first) {
        (Some(_), Some(line), Some(file)) => Some((file.to_owned(), line)),
        (Some(line), None, None) => before.map(|file| (file.to_owned(), line)),
        (Some(line), None, Some(first)) => before.map(|middle| (format!("{first}:{middle}"), line)),
        _ => None,
    };
    match split {
        Some((file, line)) if Path::new(&file).exists() => {
            if line == 0 {
                return Err(Failure::usage("lines are counted from 1"));
            }
            Ok((PathBuf::from(file), Some(line)))
        }
        Some((file, _)) => Err(missing(&file)),
        None => Err(missing(target)),
    }
}

fn missing(file: &str) -> Failure {
    Failure::usage(format!("there is no {file}"))
        .hint(format!("name a folder with a {SPEC_FILE}, a YAML file, or FILE:LINE"))
}

/// Rust and Python files by their extension.
fn source_language(path: &Path) -> Option<Language> {
    Language::from_extension(path.extension()?.to_str()?)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = || Failure::usage(format!("cannot read {}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| failed().because(error))?;
    if !metadata.is_file() {
        return Err(failed().because("it is no file"));
    }
    let too_large = |bytes: u64| {
        failed()
            .because(format!("it has {bytes} bytes, the most are {SPEC_BYTES_MAX}"))
            .hint("split it: a spec is a handful of functions")
    };
    if metadata.len() > SPEC_BYTES_MAX as u64 {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SPEC_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| failed().because(error))?;
    if bytes.len() > SPEC_BYTES_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    let text = text_of(bytes, failed)?;
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("{} is empty", path.display()))
            .hint("examples/hello_world/task_spec.yaml shows what belongs in a spec"));
    }
    Ok(text)
}

fn read_stdin() -> Result<String, Failure> {
    let failed = || Failure::usage("cannot read standard input");
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(SPEC_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed().because(error))?;
    if bytes.len() > SPEC_BYTES_MAX {
        return Err(failed().because(format!("it has more than {SPEC_BYTES_MAX} bytes")));
    }
    text_of(bytes, failed)
}

fn text_of(bytes: Vec<u8>, failed: impl Fn() -> Failure) -> Result<String, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        failed()
            .because(format!("it is no text: byte {} is not UTF-8", at + 1))
            .hint("save it as UTF-8")
    })?;
    if text.contains('\0') {
        return Err(failed().because("it is no text: it holds NUL bytes"));
    }
    Ok(text)
}

fn no_line(target: &str, language: Language, text: &str) -> Failure {
    let lines: Vec<String> =
        holes::holes(language, text).iter().map(|hole| hole.line.to_string()).collect();
    let hint = match lines.first() {
        Some(first) => format!(
            "unfinished functions begin at line {}: `cargo zerr generate {target}:{first}`",
            lines.join(", ")
        ),
        None => "it holds no unfinished function (`todo!()`, `raise NotImplementedError`, `...`)"
            .to_owned(),
    };
    Failure::usage(format!("{target} is a source file without a line")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        (folder, path)
    }

    #[test]
    fn a_line_may_be_followed_by_a_column() {
        let (_folder, path) = folder("x.rs", b"");
        assert_eq!(locate(&format!("{path}:3")).unwrap(), (path.clone().into(), Some(3)));
        assert_eq!(locate(&format!("{path}:3:9")).unwrap(), (path.clone().into(), Some(3)));
        assert_eq!(locate(&path).unwrap(), (path.clone().into(), None));
        assert!(locate(&format!("{path}:0")).is_err());
        assert!(locate(&format!("{path}.not:3")).is_err());
    }

    #[test]
    fn a_name_with_a_colon_is_a_file_when_there_is_one() {
        let (_folder, path) = folder("a:7", b"");
        assert_eq!(locate(&path).unwrap(), (path.into(), None));
    }

    #[test]
    fn what_is_no_spec_is_refused_before_it_is_parsed() {
        let cases: [(&str, &[u8], &str); 4] = [
            ("empty", b" \n", "is empty"),
            ("binary", b"\xff\xfe\x00\x01", "byte 1 is not UTF-8"),
            ("nul", b"name: x\0", "NUL"),
            ("huge", &vec![b'#'; SPEC_BYTES_MAX + 1], "the most are"),
        ];
        for (name, bytes, expected) in cases {
            let (_folder, path) = folder("task_spec.yaml", bytes);
            let shown = read(Path::new(&path)).unwrap_err().render();
            assert!(shown.contains(expected), "{name}: {shown}");
        }
    }
}
