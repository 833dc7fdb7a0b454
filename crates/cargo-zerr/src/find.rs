//! Functions by name in a project's files: [`named`], and all that are still to be written: [`open`].

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use zerr_syntax::Language;
use zerr_syntax::request;
use zerr_syntax::site::{self, Site};

use crate::failure::Failure;

/// A function in a file.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) file: PathBuf,
    /// Its module's path from the file's name, and its own.
    pub(crate) shown: String,
    pub(crate) line: usize,
    is_open: bool,
    doc: String,
}

impl Found {
    /// As a target: `FILE:LINE`.
    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }

    /// The same function after its file has changed; `None` where it is written or gone.
    pub(crate) fn again(&self, folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(&self.file).ok()?;
        let language = Language::from_extension(self.file.extension()?.to_str()?)?;
        let module = module_of(folder, &self.file);
        let sites = site::sites(language, &text);
        let sites = sites.iter().map(|site| found_in(&self.file, &module, &text, site));
        let asked = asked_for(&self.file, &module, language, &text);
        sites.chain(asked).find(|found| found.shown == self.shown && found.is_open)
    }

    fn name(&self) -> &str {
        self.shown.rsplit([':', '.']).next().unwrap_or(&self.shown)
    }
}

/// The unfinished function that a path of names ends at: `area`, `Circle::area`, `shapes::Circle::area`.
pub(crate) fn named(folder: &Path, asked: &str) -> Result<Found, Failure> {
    let last = asked.rsplit([':', '.']).next().unwrap_or(asked);
    let words = [format!("fn {last}"), format!("def {last}")];
    let mut found = Vec::new();
    let is_text = Cell::new(false);
    each(
        folder,
        |text| {
            let has = words.iter().any(|word| text.contains(word));
            is_text.set(is_text.get() || has);
            has
        },
        |file, module, text, site| {
            if site.is_named(asked, module) {
                found.push(found_in(file, module, text, &site));
            }
        },
    );
    let open: Vec<&Found> = found.iter().filter(|one| one.is_open).collect();
    match (open.as_slice(), found.as_slice()) {
        ([only], _) => Ok((*only).clone()),
        ([], []) => Err(Failure::usage(format!("no function is called `{asked}`"))
            .because(format!("below {}", folder.display()))
            .hint(if is_text.get() {
                "only functions outside of macros, in files that parse, are seen; write its path as in the \
                 code, such as `Circle::area`"
            } else {
                "write its path as in the code, such as `Circle::area`, or name FILE:LINE"
            })),
        ([], [written, ..]) => Err(Failure::usage(format!("`{asked}` is written already"))
            .because(written.target())
            .hint("its body must be `todo!()`, `unimplemented!()`, `raise NotImplementedError` or `...`")),
        (several, _) => {
            let places: Vec<String> = several.iter().map(|one| one.target()).collect();
            Err(Failure::usage(format!("several functions are called `{asked}`"))
                .because(places.join(", "))
                .hint("name one of them by more of its path, or by FILE:LINE"))
        }
    }
}

/// The one unfinished function that a test names: what is to be written to make it pass.
pub(crate) fn of_test(folder: &Path, asked: &str) -> Result<Found, Failure> {
    let last = asked.rsplit([':', '.']).next().unwrap_or(asked);
    let mut texts: Vec<String> = Vec::new();
    each(
        folder,
        |text| text.contains(last),
        |_, module, text, site| {
            if site.is_named(asked, module) && (site.form.is_test || last.starts_with("test")) {
                texts.push(site.item.text(text).to_owned());
            }
        },
    );
    let text = match texts.as_slice() {
        [only] => only,
        [] => {
            return Err(Failure::usage(format!("no test is called `{asked}`"))
                .because(format!("below {}", folder.display()))
                .hint("write its path as in the code, such as `tests::grows`"));
        }
        _ => {
            return Err(Failure::usage(format!("several tests are called `{asked}`"))
                .hint("write more of its path"));
        }
    };
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let named: Vec<Found> =
        open(folder).into_iter().filter(|found| words.contains(&found.name())).collect();
    match named.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::usage(format!("`{asked}` names no unfinished function"))
            .hint("name the function itself: `--fn`")),
        several => {
            let names: Vec<&str> = several.iter().map(|found| found.shown.as_str()).collect();
            Err(Failure::usage(format!("`{asked}` names several unfinished functions"))
                .because(names.join(", "))
                .hint("write one after the other: `--fn`"))
        }
    }
}

/// All unfinished functions, those first that the documentation of others mentions.
pub(crate) fn open(folder: &Path) -> Vec<Found> {
    let marks = ["todo!", "unimplemented!", "NotImplementedError", "..."];
    let mut found = Vec::new();
    each(
        folder,
        |text| marks.iter().any(|mark| text.contains(mark)),
        |file, module, text, site| {
            if site.open.is_some() && !site.form.is_test && !site.form.is_nested {
                found.push(found_in(file, module, text, &site));
            }
        },
    );
    each_file(
        folder,
        |text| text.contains(request::MARK),
        |file, module, language, text| found.extend(asked_for(file, module, language, text)),
    );
    let mut ordered: Vec<Found> = Vec::new();
    while !found.is_empty() {
        // What is unwritten says in its documentation what it stands on, if at all.
        let free = found.iter().position(|one: &Found| {
            !found.iter().any(|other| {
                other.name() != one.name() && one.doc.contains(&format!("`{}`", other.name()))
            })
        });
        ordered.push(found.remove(free.unwrap_or(0)));
    }
    ordered
}

/// What comments `TODO(zerr): …` of a file ask for.
fn asked_for(file: &Path, module: &[String], language: Language, text: &str) -> Vec<Found> {
    let comments = request::comments(language, text).into_iter();
    let found = comments.map(|comment| Found {
        file: file.to_owned(),
        shown: joined(language, module, std::slice::from_ref(&comment.request.name)),
        line: comment.line,
        is_open: true,
        doc: comment.request.words.join("\n"),
    });
    found.collect()
}

fn joined(language: Language, module: &[String], path: &[String]) -> String {
    let between = if language == Language::Rust { "::" } else { "." };
    let shown: Vec<&str> = module.iter().chain(path).map(String::as_str).collect();
    shown.join(between)
}

fn found_in(file: &Path, module: &[String], text: &str, site: &Site) -> Found {
    Found {
        file: file.to_owned(),
        shown: joined(site.language, module, &site.path),
        line: zerr_syntax::line_column(text, site.head.start).0,
        is_open: site.open.is_some(),
        doc: site.doc.clone(),
    }
}

/// Calls `take` for each function of each file that git does not ignore and whose text `may` have it.
fn each(
    folder: &Path,
    may: impl Fn(&str) -> bool,
    mut take: impl FnMut(&Path, &[String], &str, Site),
) {
    each_file(folder, may, |path, module, language, text| {
        for site in site::sites(language, text) {
            take(path, module, text, site);
        }
    });
}

/// The same for files.
fn each_file(
    folder: &Path,
    may: impl Fn(&str) -> bool,
    mut take: impl FnMut(&Path, &[String], Language, &str),
) {
    for entry in ignore::WalkBuilder::new(folder).sort_by_file_path(Ord::cmp).build().flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or("");
        let Some(language) = Language::from_extension(extension) else { continue };
        let Ok(text) = fs::read_to_string(path) else { continue };
        if !may(&text) {
            continue;
        }
        take(path, &module_of(folder, path), language, &text);
    }
}

/// The module that a file is: `src/shapes/round.rs` is `shapes::round`.
fn module_of(folder: &Path, file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    let mut parts: Vec<String> =
        inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if let Some(src) = parts.iter().rposition(|part| part == "src") {
        parts.drain(..=src);
    }
    if parts.last().is_some_and(|last| matches!(&**last, "lib" | "main" | "mod" | "__init__")) {
        parts.pop();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_the_end_of_their_path() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "src/shapes/round.rs",
            "pub struct Circle;\n\nimpl Circle {\n    fn area(&self) -> f64 {\n        todo!()\n    }\n\n    \
             fn done(&self) {}\n}\n",
        );
        write(
            "src/lib.rs",
            "mod shapes;\n/// Uses `area`.\nfn sum() { todo!() }\nfn area() { todo!() }\n",
        );
        let target = |asked: &str| named(folder.path(), asked).map(|found| found.line);
        assert_eq!(target("Circle::area").unwrap(), 4);
        assert_eq!(target("shapes::round::Circle::area").unwrap(), 4);
        assert_eq!(target("sum").unwrap(), 3);
        assert!(target("area").unwrap_err().message.contains("several"));
        assert!(target("done").unwrap_err().message.contains("already"));
        assert!(target("nobody").is_err());
        write(
            "tests/round.rs",
            "#[test]\nfn circles() {\n    assert_eq!(sum(), 1);\n}\n#[test]\nfn none() {}\n",
        );
        assert_eq!(of_test(folder.path(), "circles").unwrap().shown, "sum");
        assert!(of_test(folder.path(), "none").unwrap_err().message.contains("no unfinished"));
        assert!(of_test(folder.path(), "sum").is_err());
        let found = open(folder.path());
        let area = found.iter().find(|found| found.shown == "area").unwrap();
        write("src/lib.rs", "mod shapes;\n\n\nfn area() { todo!() }\n");
        assert_eq!(area.again(folder.path()).unwrap().line, 4);
        write("src/lib.rs", "mod shapes;\nfn area() {}\n");
        assert!(area.again(folder.path()).is_none());
        write(
            "src/lib.rs",
            "mod shapes;\n/// Uses `area`.\nfn sum() { todo!() }\nfn area() { todo!() }\n",
        );
        let names: Vec<String> = open(folder.path()).into_iter().map(|found| found.shown).collect();
        assert_eq!(names, ["area", "shapes::round::Circle::area", "sum"]);
    }
}
