//! Functions that are written in their own projects: methods over the project's types, judged by the
//! project's tests. Recorded samples stand for a model that can write them.

use std::fs;

use serde_json::json;

use crate::support::{Project, code, repository, stderr, stdout};

const MANIFEST: &str =
    "[package]\nname = \"shapes\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"shapes\"\nversion = \"0.1.0\"\n";

const SHAPES: &str = "\
//! Shapes on a grid.
#![deny(unused_variables)]

use std::fmt;

/// Why a rectangle is none.
#[derive(Debug, Clone, PartialEq)]
pub enum ShapeError {
    Negative(i64),
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, \"negative side\")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rectangle {
    width: i64,
    height: i64,
}

impl Rectangle {
    /// A rectangle of these sides.
    pub fn new(width: i64, height: i64) -> Result<Self, ShapeError> {
        for side in [width, height] {
            if side < 0 {
                return Err(ShapeError::Negative(side));
            }
        }
        Ok(Rectangle { width, height })
    }

    /// Grows both sides by `by`. A side that would become negative is an error that names what it
    /// would become, and nothing changes then.
    pub fn grow(&mut self,   by: i64) -> Result<(), ShapeError> {
        todo!()
    }

    /// Nobody calls it.
    pub fn perimeter(&self) -> i64 {
        todo!()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows() {
        let mut it = Rectangle::new(2, 3).unwrap();
        assert_eq!(it.grow(1), Ok(()));
        assert_eq!(it, Rectangle::new(3, 4).unwrap());
        it.grow(-3).unwrap();
        assert_eq!(it.width, 0);
    }

    #[test]
    fn shrinking_too_far_changes_nothing() {
        let mut it = Rectangle::new(2, 3).unwrap();
        assert_eq!(it.grow(-3), Err(ShapeError::Negative(-1)));
        assert_eq!(it, Rectangle::new(2, 3).unwrap());
        let mut it = Rectangle::new(5, 1).unwrap();
        assert_eq!(it.grow(-3), Err(ShapeError::Negative(-2)));
        assert_eq!(it, Rectangle::new(5, 1).unwrap());
        assert_eq!(it.grow(-1), Ok(()));
        assert_eq!(it.height, 0);
    }

    #[test]
    fn new_refuses() {
        assert!(Rectangle::new(-1, 1).is_err());
    }
}
";

const RIGHT: &str = "    let grown = Self::new(self.width + by, self.height + by)?;\n    *self = grown;\n    Ok(())\n}";
/// Changes the rectangle before it looks.
const WRONG: &str = "    self.width += by;\n    self.height += by;\n    if self.width < 0 {\n        return \
                     Err(ShapeError::Negative(self.width));\n    }\n    Ok(())\n}";
const ILL_TYPED: &str = "    self.width.grow(by);\n    Ok(self)\n}";
const FORBIDDEN: &str = "    std::process::exit(0)\n}";

fn crate_with(samples: &[&str], entry_point: &str) -> Project {
    let all: Vec<&str> = samples.iter().copied().cycle().take(200).collect();
    let line = json!({"entry_point": entry_point, "language": "rust", "samples": all});
    let project = Project::with(&[
        ("Cargo.toml", MANIFEST),
        ("Cargo.lock", LOCK),
        ("model.jsonl", &format!("{line}\n")),
    ]);
    fs::create_dir(project.path().join("src")).unwrap();
    project.write("src/lib.rs", SHAPES);
    project
}

#[test]
fn a_method_is_judged_by_the_tests_that_reach_it_and_nothing_else_changes() {
    let project = crate_with(&[RIGHT, WRONG, RIGHT, ILL_TYPED, FORBIDDEN], "grow");
    let output = project
        .zerr(["generate", "--fn", "Rectangle::grow", "--model", "model.jsonl"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(code(&output), 0, "{said}");
    assert!(said.contains("judged by 2 tests"), "{said}");
    let body = "{\n        let grown = Self::new(self.width + by, self.height + by)?;\n        *self = \
                grown;\n        Ok(())\n    }";
    let (before, after) = SHAPES.split_once("{\n        todo!()\n    }").unwrap();
    assert_eq!(project.read("src/lib.rs"), format!("{before}{body}{after}"));
    // The user's tree is theirs: nothing was built in it.
    assert_eq!(project.names(), ["Cargo.lock", "Cargo.toml", "model.jsonl", "src"]);
}

#[test]
fn wrong_bodies_are_never_verified_and_without_tests_nothing_is() {
    let project = crate_with(&[WRONG, ILL_TYPED, FORBIDDEN], "grow");
    let line = "    2 * (self.width + self.height)\n}";
    let other = json!({"entry_point": "perimeter", "language": "rust", "samples": vec![line; 200]});
    project.write("perimeter.jsonl", &format!("{other}\n"));
    let run = |name: &str, model: &str| {
        project
            .zerr(["generate", "--fn", name, "--model", model])
            .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
            .output()
            .unwrap()
    };
    let output = run("grow", "model.jsonl");
    assert!([3, 4].contains(&code(&output)), "{}: {}", code(&output), stderr(&output));
    // What no test reaches can only be agreed on.
    let output = run("Rectangle::perimeter", "perimeter.jsonl");
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("no test reaches the function"), "{}", stderr(&output));
    assert_eq!(project.read("src/lib.rs"), SHAPES);
}

/// It passes all tests, and does nothing on a call that none of them makes.
const LAZY: &str = "    if by == 7 {\n        return Ok(());\n    }\n    let grown = Self::new(self.width + \
                    by, self.height + by)?;\n    *self = grown;\n    Ok(())\n}";

#[test]
fn bodies_that_pass_the_same_tests_are_told_apart_by_calls_with_the_projects_types() {
    let project = crate_with(&[RIGHT, LAZY], "grow");
    let output = project
        .zerr(["generate", "--fn", "Rectangle::grow", "--model", "model.jsonl", "--dry-run"])
        .args(["--message-format", "json"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let step = &report["steps"][0];
    assert_ne!(step["verdict"], "verified", "{step}");
    let classes = step["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 2, "{step}");
}

#[test]
fn a_body_that_the_projects_own_lints_refuse_is_not_written() {
    let unused = RIGHT.replacen("    let grown", "    let spare = by;\n    let grown", 1);
    let project = crate_with(&[&unused], "grow");
    let output = project
        .zerr(["generate", "--fn", "grow", "--model", "model.jsonl"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    assert_ne!(code(&output), 0);
    assert!(stderr(&output).contains("unused variable"), "{}", stderr(&output));
    assert_eq!(project.read("src/lib.rs"), SHAPES);
}

#[test]
fn a_package_that_does_not_compile_is_told_before_anything_is_asked() {
    let project = crate_with(&[RIGHT], "grow");
    project.write("src/lib.rs", &SHAPES.replace("ShapeError::Negative(side)", "ShapeError::Gone"));
    let output = project
        .zerr(["generate", "--fn", "Rectangle::grow", "--model", "model.jsonl"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("does not compile as it is: src/lib.rs:29"), "{said}");
}

const BOXES: &str = "\
from __future__ import annotations

from dataclasses import dataclass, field


class Full(Exception):
    pass


@dataclass
class Box:
    room: int
    things: list[str] = field(default_factory=list)

    @property
    def free(self) -> int:
        return self.room - len(self.things)

    def put(self, *things: str) -> Box:
        \"\"\"Put all of the things in, without the blanks around them, or none of them.\"\"\"
        raise NotImplementedError
";

const BOX_TESTS: &str = "\
import pytest

from boxes import Box, Full


def test_put():
    box = Box(3).put(' a', 'b ')
    assert box.things == ['a', 'b'] and box.free == 1


def test_all_or_nothing():
    box = Box(2, ['x'])
    with pytest.raises(Full):
        box.put('a', 'b')
    assert box.things == ['x']
    assert box.put('a') is box and box.free == 0


def test_free():
    assert Box(2).free == 2
";

#[test]
fn a_python_method_is_judged_by_pytest_in_the_projects_environment() {
    let environment = repository().join("target/test-tools");
    assert!(
        environment.join("bin/pytest").is_file(),
        "pytest is missing: `cargo xtask test` installs it"
    );
    let right = "    stripped = [thing.strip() for thing in things]\n    if len(stripped) > self.free:\n        \
                 raise Full(len(stripped))\n    self.things.extend(stripped)\n    return self\n";
    let wrong = "    for thing in things:\n        if self.free == 0:\n            raise Full()\n        \
                 self.things.append(thing.strip())\n    return self\n";
    let forbidden = "    import os\n    os._exit(0)\n";
    let samples: Vec<&str> = [right, wrong, forbidden].into_iter().cycle().take(200).collect();
    let line = json!({"entry_point": "put", "language": "python", "samples": samples});
    let project = Project::with(&[
        ("pyproject.toml", "[project]\nname = \"boxes\"\nversion = \"0.1\"\n"),
        ("boxes.py", BOXES),
        ("test_boxes.py", BOX_TESTS),
        ("model.jsonl", &format!("{line}\n")),
    ]);
    let output = project
        .zerr(["generate", "--fn", "Box.put", "--model", "model.jsonl"])
        .env("VIRTUAL_ENV", environment)
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(code(&output), 0, "{said}");
    assert!(said.contains("judged by 2 tests"), "{said}");
    let text = project.read("boxes.py");
    let (before, _) = BOXES.split_once("        raise NotImplementedError").unwrap();
    assert!(text.starts_with(before), "{text}");
    assert!(
        text.ends_with("        self.things.extend(stripped)\n        return self\n"),
        "{text}"
    );
    assert_eq!(stdout(&output).trim(), "boxes.py");
}

/// It passes both tests, and loses what is equal.
const BOX_LAZY: &str = "    stripped = [thing.strip() for thing in dict.fromkeys(things)]\n    if \
                        len(stripped) > self.free:\n        raise Full()\n    \
                        self.things.extend(stripped)\n    return self\n";
const BOX_RIGHT: &str = "    stripped = [thing.strip() for thing in things]\n    if len(stripped) > \
                         self.free:\n        raise Full()\n    self.things.extend(stripped)\n    \
                         return self\n";

#[test]
fn python_bodies_that_pass_the_same_tests_are_told_apart_by_calls_as_their_annotations_allow() {
    let samples: Vec<&str> = [BOX_RIGHT, BOX_LAZY].into_iter().cycle().take(200).collect();
    let line = json!({"entry_point": "put", "language": "python", "samples": samples});
    let project = Project::with(&[
        ("pyproject.toml", "[project]\nname = \"boxes\"\nversion = \"0.1\"\n"),
        ("boxes.py", BOXES),
        ("test_boxes.py", BOX_TESTS),
        ("model.jsonl", &format!("{line}\n")),
    ]);
    let output = project
        .zerr(["generate", "--fn", "Box.put", "--model", "model.jsonl", "--dry-run"])
        .args(["--message-format", "json"])
        .env("VIRTUAL_ENV", repository().join("target/test-tools"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let step = &report["steps"][0];
    assert_ne!(step["verdict"], "verified", "{step}");
    assert_eq!(step["classes"].as_array().unwrap().len(), 2, "{step}");
}

/// Two unfinished methods of one name, a helper that only tests see, and a test that says little.
const FIELDS: &str = "\
#![deny(warnings)]

pub struct Square(pub i64);
pub struct Field(pub i64);

impl Square {
    /// Its area.
    pub fn area(&self) -> i64 {
        todo!()
    }
}

impl Field {
    /// Its area, of a side in feet.
    pub fn area(&self, feet: i64) -> i64 {
        todo!()
    }
}

#[cfg(test)]
fn square(x: i64) -> i64 {
    x * x
}

#[test]
fn squares() {
    assert_eq!(square(2), 4);
    assert_eq!(Square(3).area(), 9);
    assert_eq!(Square(-4).area(), 16);
    assert_eq!(Square(0).area(), 0);
}

#[test]
fn fields() {
    assert_eq!(Field(2).area(3), 6);
    assert_eq!(Field(5).area(0), 0);
    assert_eq!(Field(0).area(2), 0);
}
";

fn fields(samples: &[&str]) -> Project {
    let project = crate_with(samples, "area");
    project.write("src/lib.rs", FIELDS);
    project
}

fn generate(project: &Project, arguments: &[&str]) -> (i32, String) {
    let output = project
        .zerr(["generate", "--model", "model.jsonl"].iter().chain(arguments))
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    (code(&output), stderr(&output))
}

#[test]
fn what_a_test_said_is_not_believed_of_another_one_of_its_name() {
    let project = crate_with(&[RIGHT], "grow");
    let (code, said) = generate(&project, &["--fn", "grow", "--dry-run"]);
    assert_eq!(code, 0, "{said}");
    let weak = SHAPES
        .replace("assert_eq!(it, ", "ignore(&it, &")
        .replace("assert_eq!(", "ignore(")
        .replace(
            "    #[test]\n    fn grows",
            "    fn ignore<T>(_: T, _: T) {}\n\n    #[test]\n    fn grows",
        );
    project.write("src/lib.rs", &weak);
    let (code, said) = generate(&project, &["--fn", "grow", "--dry-run"]);
    assert_eq!(code, 3, "{said}");
}

#[test]
fn what_only_tests_can_see_is_nothing_to_build_on() {
    let project = fields(&["    square(self.0)\n}"]);
    let (code, said) = generate(&project, &["--fn", "Square::area"]);
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("cannot find function `square`"), "{said}");
    assert_eq!(project.read("src/lib.rs"), FIELDS);
}

#[test]
fn all_unfinished_functions_are_written_one_after_the_other() {
    let project = fields(&["    self.0 * self.0\n}", "    self.0 * feet\n}"]);
    // Two mutants are too few to call so short a body verified.
    let (code, said) = generate(&project, &["--todo"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("too few to say what the tests look at"), "{said}");
    assert!(said.contains("add tests that reach it"), "{said}");
    assert_eq!(project.read("src/lib.rs"), FIELDS);
    let (_, said) = generate(&project, &["--todo", "--accept-agreed"]);
    let text = project.read("src/lib.rs");
    assert!(!text.contains("todo!"), "{text}\n{said}");
    assert!(text.contains("self.0 * self.0") && text.contains("self.0 * feet"), "{text}");
    let (code, said) = generate(&project, &["--todo"]);
    assert!(code == 0 && said.contains("nothing is unfinished"), "{said}");
}

#[test]
fn what_waited_for_another_function_is_tried_again() {
    let project = fields(&["    self.0 * self.0\n}", "    self.0 * feet\n}"]);
    let both = FIELDS.replace(
        "fn squares() {\n",
        "fn squares() {\n    assert_eq!(Square(3).area(), Field(3).area(3));\n",
    );
    project.write("src/lib.rs", &both);
    let (code, said) = generate(&project, &["--todo", "--accept-agreed"]);
    let text = project.read("src/lib.rs");
    assert!(said.contains("1 of 2 written; the others are tried again with them"), "{said}");
    assert!(text.contains("self.0 * self.0") && text.contains("self.0 * feet"), "{text}\n{said}");
    assert_ne!(code, 1, "{said}");
}

#[test]
fn integration_tests_and_examples_of_the_documentation_judge_too() {
    let project = fields(&["    self.0 + self.0\n}", "    self.0 * self.0\n}"]);
    let documented = "    /// Its area.\n    ///\n    /// ```\n    /// assert_eq!(shapes::Square(2).area(), 4);\n    \
                      /// ```\n";
    let text = FIELDS.replacen("    /// Its area.\n", documented, 1);
    let tests = text.find("#[test]").unwrap();
    project.write("src/lib.rs", &text[..tests]);
    let (code, said) = generate(&project, &["--fn", "Square::area", "--dry-run"]);
    // Twice two is two and two: the example alone lets both pass.
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("zerr_doc_tests: example_1"), "{said}");
    fs::create_dir(project.path().join("tests")).unwrap();
    project.write(
        "tests/squares.rs",
        "#[test]\nfn fields() {\n    for (x, y) in [(3, 9), (0, 0), (-4, 16)] {\n        \
         assert_eq!(shapes::Square(x).area(), y);\n    }\n}\n",
    );
    let output = project
        .zerr(["generate", "--model", "model.jsonl", "--fn", "Square::area", "--dry-run"])
        .arg("--accept-agreed")
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    assert!(stderr(&output).contains("judged by 2 tests"), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("self.0 * self.0") && !text.contains("self.0 + self.0"), "{text}");
}

/// The function of [`SHAPES`] in a workspace where only another package has tests of it.
fn workspace(samples: &[&str]) -> Project {
    let project = crate_with(samples, "grow");
    let tests = SHAPES.find("#[cfg(test)]").unwrap();
    for folder in ["shapes/src", "land/src", "land/tests", "app/src"] {
        fs::create_dir_all(project.path().join(folder)).unwrap();
    }
    fs::remove_file(project.path().join("src/lib.rs")).unwrap();
    project.write("shapes/src/lib.rs", &SHAPES[..tests]);
    let package = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
    };
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"shapes\", \"land\", \"app\"]\nresolver = \"2\"\n",
    );
    project.write("shapes/Cargo.toml", &package("shapes"));
    let land = package("land");
    let targets = "[dependencies]\nshapes = { path = \"../shapes\" }\n\n[[test]]\nname = \"own\"\nharness \
                   = false\n";
    project.write("land/Cargo.toml", &format!("{land}\n{targets}"));
    // It comes before what it links, by name.
    let linked =
        "[dependencies]\nshapes = { path = \"../shapes\" }\nland = { path = \"../land\" }\n";
    project.write("app/Cargo.toml", &format!("{}\n{linked}", package("app")));
    project.write(
        "app/src/lib.rs",
        "#[test]\nfn app_grows() {\n    let grown: Option<shapes::Rectangle> = land::grown(1);\n    \
         assert!(grown.is_some());\n}\n",
    );
    project.write(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \
         \"land\",\n \"shapes\",\n]\n\n[[package]]\nname = \"land\"\nversion = \
         \"0.1.0\"\ndependencies = [\n \"shapes\",\n]\n\n[[package]]\nname = \"shapes\"\nversion = \
         \"0.1.0\"\n",
    );
    project.write(
        "land/src/lib.rs",
        "pub fn grown(by: i64) -> Option<shapes::Rectangle> {\n    let mut it = \
         shapes::Rectangle::new(2, 3).ok()?;\n    it.grow(by).ok()?;\n    Some(it)\n}\n\n#[test]\nfn \
         inside() {\n    assert_eq!(grown(1), shapes::Rectangle::new(3, 4).ok());\n}\n",
    );
    project.write(
        "land/tests/outside.rs",
        "#[test]\nfn grows() {\n    assert_eq!(land::grown(4).is_some(), true);\n    \
         assert_eq!(land::grown(-3), None);\n}\n",
    );
    project.write("land/tests/own.rs", "fn main() {}\n");
    project
}

#[test]
fn tests_of_packages_that_depend_on_it_judge_too() {
    let wrong = RIGHT.replace("self.height + by", "self.height");
    let project = workspace(&[&wrong, RIGHT]);
    let line = 1 + SHAPES.lines().position(|line| line.contains("fn grow")).unwrap();
    let place = format!("shapes/src/lib.rs:{line}");
    let (_, said) = generate(&project, &[&place, "--accept-agreed"]);
    assert!(said.contains("judged by 3 tests: app: app_grows and others"), "{said}");
    assert!(said.contains("the tests of `own` have a harness of their own"), "{said}");
    let text = project.read("shapes/src/lib.rs");
    assert!(text.contains("self.height + by)"), "{text}\n{said}");
}

#[test]
fn packages_that_switch_on_other_features_leave_the_judging_to_its_own_tests() {
    let project = workspace(&[RIGHT]);
    let only = SHAPES.replace("#[cfg(test)]", "#[cfg(all(test, not(feature = \"wide\")))]");
    project.write("shapes/src/lib.rs", &only);
    let with = |name: &str, old: &str, new: &str| {
        let text = project.read(name);
        project.write(name, &text.replace(old, new));
    };
    with(
        "shapes/Cargo.toml",
        "edition = \"2021\"\n",
        "edition = \"2021\"\n\n[features]\nwide = []\n",
    );
    with("land/Cargo.toml", "\"../shapes\" }", "\"../shapes\", features = [\"wide\"] }");
    let line = 1 + only.lines().position(|line| line.contains("fn grow")).unwrap();
    let (code, said) = generate(&project, &[&format!("shapes/src/lib.rs:{line}"), "--dry-run"]);
    assert!(said.contains("they switch on other features"), "{said}");
    assert!(said.contains("judged by 2 tests: tests::grows"), "{said}");
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_function_that_hides_its_type_is_judged_as_others() {
    let text = "/// The even numbers below `end`, in order.\npub fn evens(end: u32) -> impl Iterator<Item = u32> {\n    \
                todo!();\n    std::iter::empty()\n}\n\n#[test]\nfn evens_are_found() {\n    \
                assert_eq!(evens(7).collect::<Vec<_>>(), [0, 2, 4, 6]);\n    assert_eq!(evens(0).count(), 0);\n    \
                assert_eq!(evens(4).count(), 2);\n}\n";
    // Other types, of which each is right or wrong by itself.
    let right = "    (0..end).filter(|n| n % 2 == 0)\n}";
    let wrong = "    let mut all = Vec::new();\n    for n in 1..end {\n        if n % 2 == 0 {\n            all.push(n);\n        \
                 }\n    }\n    all.into_iter()\n}";
    let project = crate_with(&[right, wrong, "    end\n}"], "evens");
    project.write("src/lib.rs", text);
    let (code, said) = generate(&project, &["--fn", "evens", "--accept-agreed"]);
    let written = project.read("src/lib.rs");
    assert!(
        written.contains("(0..end).filter") && !written.contains("todo!"),
        "{code} {written}\n{said}"
    );
    // Without a value behind it nothing says the type.
    project.write("src/lib.rs", &text.replace("    std::iter::empty()\n", ""));
    let (code, said) = generate(&project, &["--fn", "evens"]);
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("std::iter::empty()"), "{said}");
}

#[test]
fn packages_that_samples_need_are_told_and_never_added() {
    let needs = "    let digits = regex::Regex::new(\"[0-9]\").unwrap();\n    let _ = digits;\n    \
                 self.width += by;\n    Ok(())\n}";
    let project = crate_with(&[needs], "grow");
    let (code, said) = generate(&project, &["--fn", "grow"]);
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("need a package or module `regex`, which is not there"), "{said}");
    assert!(said.contains("`--propose-dependencies` asks the registry"), "{said}");
    // Without network nothing can be found out, and nothing is proposed.
    let output = project
        .zerr(["generate", "--model", "model.jsonl", "--fn", "grow", "--propose-dependencies"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .env("CARGO_HOME", project.path().join("empty"))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    assert!(stderr(&output).contains("not proposed: "), "{}", stderr(&output));
    assert_eq!(project.read("Cargo.toml"), MANIFEST);
    assert_eq!(project.read("Cargo.lock"), LOCK);
}

/// A typed module with tests and rules of its own.
const LABELS: &str = "\
def label(n: int) -> str:
    \"\"\"The number in brackets, or 'none' for what is not positive.\"\"\"
    raise NotImplementedError
";
const LABEL_TESTS: &str = "\
from labels import label


def test_label():
    assert label(3) == '[3]'
    assert label(12) == '[12]'
    assert label(0) == 'none'
    assert label(-4) == 'none'
";

fn labels(body: &str) -> String {
    let samples: Vec<&str> = std::iter::repeat_n(body, 60).collect();
    let line = json!({"entry_point": "label", "language": "python", "samples": samples});
    let project = Project::with(&[
        (
            "pyproject.toml",
            "[project]\nname = \"labels\"\nversion = \"0.1\"\n\n[tool.ruff.lint]\nselect = [\"F\", \"RET\"]\n",
        ),
        ("labels.py", LABELS),
        ("test_labels.py", LABEL_TESTS),
        ("model.jsonl", &format!("{line}\n")),
    ]);
    let output = project
        .zerr(["generate", "--fn", "label", "--in-project", "--model", "model.jsonl"])
        .arg("--accept-agreed")
        .env("VIRTUAL_ENV", repository().join("target/test-tools"))
        .output()
        .unwrap();
    format!("{}\n{}\n{}", code(&output), stderr(&output), project.read("labels.py"))
}

#[test]
fn the_projects_own_rules_and_types_have_a_say_in_python() {
    let good = "    if n > 0:\n        return f\"[{n}]\"\n    return 'none'\n";
    let said = labels(good);
    assert!(said.starts_with("0\n") && said.contains("return f\"[{n}]\""), "{said}");
    // How it looks refuses nothing.
    let said =
        labels("    if n > 0:\n        return f\"[{n}]\"\n    else:\n        return 'none'\n");
    assert!(said.starts_with("0\n"), "{said}");
    let lint = "    unused = n + 1\n    if n > 0:\n        return f\"[{n}]\"\n    return 'none'\n";
    let said = labels(lint);
    assert!(!said.starts_with("0\n") && said.contains("F841"), "{said}");
    let ill_typed = "    if n > 0:\n        return f\"[{n}]\"\n    if n > -100:\n        return 'none'\n    \
                     return n\n";
    let said = labels(ill_typed);
    assert!(!said.starts_with("0\n") && said.contains("does not match returned value"), "{said}");
}

#[test]
fn types_that_python_code_does_not_say_are_assumed_from_its_tests() {
    let right = "    return [x for x in xs if x not in left]\n";
    // Not the same where something comes twice.
    let wrong = "    return sorted(set(xs) - set(left))\n";
    let samples: Vec<&str> = [right, wrong].into_iter().cycle().take(60).collect();
    let line = json!({"entry_point": "without", "language": "python", "samples": samples});
    let text = "def without(xs, left):\n    \"\"\"`xs` but for what is in `left`, in their order.\"\"\"\n    \
                raise NotImplementedError\n";
    let test = "from lists import without\n\n\ndef test_without():\n    assert without([1, 2], [2]) == [1]\n    \
                assert without([], [1]) == []\n";
    let project = Project::with(&[
        ("pyproject.toml", "[project]\nname = \"lists\"\nversion = \"0.1\"\n"),
        ("lists.py", text),
        ("test_lists.py", test),
        ("model.jsonl", &format!("{line}\n")),
    ]);
    let output = project
        .zerr(["generate", "--fn", "without", "--in-project", "--model", "model.jsonl"])
        .args(["--message-format", "json", "--dry-run"])
        .env("VIRTUAL_ENV", repository().join("target/test-tools"))
        .output()
        .unwrap();
    let said = stderr(&output);
    assert!(
        said.contains("assumed from what the tests give it: `xs: list[int], left: list[int]`"),
        "{said}"
    );
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["steps"][0]["classes"].as_array().unwrap().len(), 2, "{said}");
}

/// Functions that the compiler runs, that wait, and that a trait asks for.
const KINDS: &str = "\
pub trait Shape {
    /// Its area.
    fn area(&self) -> u32;
}

pub struct Square(pub u32);

impl Shape for Square {
    fn area(&self) -> u32 {
        todo!()
    }
}

/// The larger one of both, or `0` where that is odd.
pub const fn larger(a: u32, b: u32) -> u32 {
    todo!()
}

/// The number behind `x`, after waiting for nothing.
pub async fn behind(x: u32) -> u32 {
    todo!()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now<T>(waits: impl Future<Output = T>) -> T {
        let mut waits = std::pin::pin!(waits);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match waits.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => value,
            std::task::Poll::Pending => panic!(\"it waits\"),
        }
    }

    #[test]
    fn areas() {
        assert_eq!([0, 1, 3].map(|x| Square(x).area()), [0, 1, 9]);
    }

    #[test]
    fn larger_ones() {
        assert_eq!(larger(2, 1), 2);
        assert_eq!(larger(2, 4), 4);
        assert_eq!(larger(3, 2), 0);
        assert_eq!(larger(0, 0), 0);
    }

    #[test]
    fn behind_them() {
        assert_eq!(now(behind(0)), 1);
        assert_eq!(now(behind(41)), 42);
    }
}
";

#[test]
fn constant_waiting_and_asked_for_functions_are_judged_by_their_tests() {
    let project = crate_with(&[], "none");
    project
        .write("src/lib.rs", &KINDS.replace("pub trait", "use std::future::Future;\n\npub trait"));
    let samples = |name: &str, all: [&str; 2]| {
        let all: Vec<&str> = all.into_iter().cycle().take(60).collect();
        json!({"entry_point": name, "language": "rust", "samples": all}).to_string()
    };
    let lines = [
        samples("area", ["    self.0 * self.0\n}", "    self.0 + self.0\n}"]),
        samples(
            "larger",
            [
                "    let most = if a > b { a } else { b };\n    if most % 2 == 0 { most } else { 0 }\n}",
                "    if a > b { a } else { b }\n}",
            ],
        ),
        samples("behind", ["    x + 1\n}", "    x\n}"]),
    ];
    project.write("model.jsonl", &(lines.join("\n") + "\n"));
    let (_, said) = generate(&project, &["--todo", "--in-project", "--accept-agreed"]);
    let text = project.read("src/lib.rs");
    assert!(!text.contains("todo!()"), "{text}\n{said}");
    for right in ["self.0 * self.0", "most % 2 == 0", "x + 1"] {
        assert!(text.contains(right), "{right}: {text}\n{said}");
    }
}

#[test]
fn tests_that_are_held_out_judge_and_are_not_shown() {
    let project = crate_with(&[RIGHT, WRONG], "grow");
    let output = project
        .zerr(["generate", "--model", "model.jsonl", "--fn", "grow", "--dry-run"])
        .args(["--held-out", "shrinking_too_far", "--message-format", "json"])
        .env("ZERR_CACHE_DIR", project.path().join(".zerr/cache"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let step = &report["steps"][0];
    let prompt = step["prompt"].as_str().unwrap();
    assert!(prompt.contains("fn grows()") && !prompt.contains("shrinking_too_far"), "{prompt}");
    assert_eq!(step["verdict"], "verified", "{step}");
    assert_eq!(
        step["classes"].as_array().unwrap().len(),
        1,
        "only that test refutes the other: {step}"
    );
}

#[test]
fn a_body_that_does_not_end_on_a_call_is_not_the_one_that_is_offered() {
    let hangs = RIGHT.replacen("    let", "    if by == 7 {\n        loop {}\n    }\n    let", 1);
    let project = crate_with(&[&hangs, RIGHT, &hangs], "grow");
    // Nobody confirms what the only text that ends there gives.
    let (code, said) = generate(&project, &["--fn", "grow"]);
    assert!(code == 3 && said.contains("do not end there"), "{said}");
    let (_, said) = generate(&project, &["--fn", "grow", "--accept-agreed"]);
    let text = project.read("src/lib.rs");
    assert!(text.contains("let grown") && !text.contains("loop"), "{text}\n{said}");
}

#[test]
fn what_cannot_be_found_or_is_generated_is_told() {
    let project = crate_with(&[RIGHT], "grow");
    let text = "// @generated by a tool.\npub struct S(pub u8);\n\nmacro_rules! made {\n    ($($t:tt)*) => { $($t)* };\n}\n\
                made! {\n    impl S {\n        pub fn hidden(&self) -> u8 {\n            todo!()\n        }\n    }\n}\n\n\
                impl S {\n    /// One more.\n    pub fn more(&self) -> u8 {\n        todo!()\n    }\n}\n";
    project.write("src/lib.rs", text);
    let (code, said) = generate(&project, &["--fn", "hidden"]);
    assert!(code == 2 && said.contains("only functions outside of macros"), "{said}");
    let (code, said) = generate(&project, &["src/lib.rs:10"]);
    assert!(code == 2 && said.contains("what stands in a macro is only text here"), "{said}");
    project.write("src/lib.rs", &format!("{text}\npub fn all() -> Vec<u8> {{\n    vec![1]\n}}\n"));
    let line = text.lines().count() + 3;
    let (_, said) = generate(&project, &[&format!("src/lib.rs:{line}")]);
    assert!(!said.contains("in a macro") && said.contains("the body must be"), "{said}");
    fs::remove_file(project.path().join("Cargo.lock")).unwrap();
    let (code, said) = generate(&project, &["--fn", "more"]);
    assert!(said.contains("src/lib.rs says that it is generated"), "{said}");
    assert!(code == 2 && said.contains("`cargo generate-lockfile` makes one"), "{said}");
}
