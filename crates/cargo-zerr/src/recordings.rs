//! Files of recorded samples and of the truth about them, one JSON object a line. Main functions: [`tasks`],
//! [`truths`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use zerr_engine::{Reference, ReplayTask};

use crate::bench_mutants::cannot_read;
use crate::console::Console;
use crate::failure::Failure;

/// Lines that are told to be wrong.
const WRONG_MAX: usize = 5;

/// What a packed file may hold, in bytes.
const UNPACKED_MAX: u64 = 4 << 30;

/// Names that are told of many.
const NAMES_MAX: usize = 5;

/// The objects of a file, gzipped or not.
pub(crate) fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let mut bytes = std::fs::read(path).map_err(cannot_read(path))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let reader = flate2::read::GzDecoder::new(bytes.as_slice());
        let mut reader = reader.take(UNPACKED_MAX + 1);
        reader.read_to_end(&mut unpacked).map_err(cannot_read(path))?;
        if unpacked.len() as u64 > UNPACKED_MAX {
            let gigabytes = UNPACKED_MAX >> 30;
            let what = format!("{} unpacks to more than {gigabytes} GB", path.display());
            return Err(Failure::usage(what).hint("play it in parts"));
        }
        bytes = unpacked;
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let read = match std::str::from_utf8(line) {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => zerr_engine::from_lenient_json(text).map_err(|error| {
                // The line is told already.
                let text = error.to_string();
                let (what, at) = text.rsplit_once(" at line 1 column ").unwrap_or((&text, ""));
                let column = if at.is_empty() { String::new() } else { format!(":{at}") };
                format!("{}:{}{column}: {what}", path.display(), number + 1)
            }),
            Err(error) => {
                let at = error.valid_up_to() + 1;
                Err(format!("{}:{}:{at}: not UTF-8", path.display(), number + 1))
            }
        };
        match read {
            Ok(one) => found.push(one),
            Err(why) => wrong.push(why),
        }
    }
    let hint =
        "each line is an object with `task_id`, `prompt`, `entry_point` and what --help says";
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(WRONG_MAX);
        wrong.truncate(WRONG_MAX);
        if more > 0 {
            wrong.push(format!("and {more} lines more"));
        }
        let all = wrong.join("\n");
        return Err(Failure::usage(format!("{} holds what is no task", path.display()))
            .because(all)
            .hint(hint));
    }
    if found.is_empty() {
        return Err(Failure::usage(format!("{} holds no task", path.display())).hint(hint));
    }
    Ok(found)
}

/// The tasks of all files; what stands twice is told. Of a run's recording only what was drawn for functions
/// counts.
pub(crate) fn tasks(
    console: Console,
    files: &[PathBuf],
    limit: Option<usize>,
) -> Result<Vec<ReplayTask>, Failure> {
    let mut tasks: Vec<ReplayTask> = Vec::new();
    for file in files {
        let mut read = lines::<ReplayTask>(file)?;
        read.retain(|task| task.role.is_none());
        if read.is_empty() {
            let what = format!("{} holds no samples of functions", file.display());
            return Err(Failure::usage(what).hint("runs that write functions record such"));
        }
        let twice = twice(read.iter().map(|task| &task.task_id));
        if !twice.is_empty() {
            let names = named(&twice);
            console
                .note(&format!("{}: stand more than once, and count so: {names}", file.display()));
        }
        let before: BTreeSet<&str> = tasks.iter().map(|task| task.task_id.as_str()).collect();
        let again: Vec<&String> = read
            .iter()
            .map(|task| &task.task_id)
            .filter(|id| before.contains(id.as_str()))
            .collect();
        if !again.is_empty() {
            let names = named(&again);
            console.note(&format!(
                "{}: tasks of an earlier file, which folds keep together: {names}",
                file.display()
            ));
        }
        tasks.extend(read);
    }
    tasks.truncate(limit.unwrap_or(usize::MAX));
    Ok(tasks)
}

/// The truth of each task by its name. Of what stands twice the last counts, and what has no samples is told.
pub(crate) fn truths(
    console: Console,
    file: &Path,
    tasks: &[ReplayTask],
) -> Result<BTreeMap<String, Reference>, Failure> {
    let read = lines::<Reference>(file)?;
    let twice = twice(read.iter().map(|one| &one.task_id));
    if !twice.is_empty() {
        let names = named(&twice);
        console.note(&format!("{}: of these the last counts: {names}", file.display()));
    }
    let truths: BTreeMap<String, Reference> =
        read.into_iter().map(|one| (one.task_id.clone(), one)).collect();
    let is_sampled = |name: &&String| tasks.iter().any(|task| task.task_id == **name);
    let alone: Vec<&String> = truths.keys().filter(|name| !is_sampled(name)).collect();
    if !alone.is_empty() {
        let names = named(&alone);
        console.note(&format!("{}: no samples of {names}", file.display()));
    }
    Ok(truths)
}

fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut counts: BTreeMap<&String, u32> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

/// Some of the names, and how many there are.
pub(crate) fn named(names: &[&String]) -> String {
    let first: Vec<&str> = names.iter().take(NAMES_MAX).map(|name| name.as_str()).collect();
    match names.len().saturating_sub(NAMES_MAX) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<ReplayTask>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.jsonl");
        std::fs::write(&path, bytes).unwrap();
        lines(&path).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn lines_that_are_no_tasks_are_all_told() {
        let good = r#"{"task_id": "a", "prompt": "p", "entry_point": "f", "samples": []}"#;
        assert_eq!(read(format!("\u{feff}{good}\r\n\n{good}").as_bytes()).unwrap().len(), 2);
        let wrong = read(format!("{good}\n{{\nnull\n").as_bytes()).unwrap_err();
        assert!(wrong.contains("s.jsonl:2:") && wrong.contains("s.jsonl:3:"), "{wrong}");
        assert!(!wrong.contains("at line 1"), "{wrong}");
        let python = r#"{"task_id": "a", "prompt": "p", "entry_point": "f", "temperature": NaN, "samples": ["\ud800"], "test_samples": null, "derived": null}"#;
        assert_eq!(read(python.as_bytes()).unwrap()[0].samples[0].text(), "\u{fffd}");
        assert!(read(b"{\"task_id\": \"\xff\"}").unwrap_err().contains("s.jsonl:1:14: not UTF-8"));
        assert!(read(b"\n \n").unwrap_err().contains("holds no task"));
    }

    #[test]
    fn names_that_stand_twice_are_found() {
        let names: Vec<String> = ["a", "b", "a", "c", "c"].map(str::to_owned).into();
        assert_eq!(twice(names.iter()), ["a", "c"]);
        let many: Vec<&String> = names.iter().chain(&names).collect();
        assert_eq!(named(&many), "a, b, a, c, c and 5 more");
    }
}
