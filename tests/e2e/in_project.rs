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
