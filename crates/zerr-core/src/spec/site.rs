//! From a function in its project, and what was found out about that, to a [`Spec`] of one function.
//!
//! A test of the project takes the place of an input: one that passes is a call that returned "passed".
//! Calls with arguments of the project's own types are inputs that nobody says the outcome of. So
//! candidates, mutants and votes are counted as everywhere else.

use std::collections::BTreeSet;

use zerr_syntax::deny::surroundings;
use zerr_syntax::signature::{Param, Signature, TypeExpr};
use zerr_syntax::site::Site;

use super::check::one_line;
use super::{
    Example, Expected, FunctionSpec, InProject, PASSED, RELIABILITY_DEFAULT, Spec, SpecError,
};
use crate::event::ProjectFacts;
use crate::value::{Type, Value};

pub(super) fn read(
    site: &Site,
    facts: &ProjectFacts,
    file: &str,
    text: &str,
) -> Result<Spec, Vec<SpecError>> {
    let name = site.name().to_owned();
    let message = site.open.clone().unwrap_or_default();
    let mut description = prose(&site.doc);
    if description.is_empty() {
        description = one_line(&message);
    }
    if description.is_empty() && !facts.tests.is_empty() {
        "make its tests pass".clone_into(&mut description);
    }
    if description.is_empty() {
        return Err(vec![SpecError {
            file: file.to_owned(),
            line: site.line,
            column: 1,
            offending: site.head.text(text).lines().next().unwrap_or_default().to_owned(),
            message: format!("`{}` has neither documentation nor tests to go by", site.shown()),
            hint: Some("say above it what it does, or write a test that calls it".to_owned()),
        }]);
    }
    let head = site.head.text(text).to_owned();
    let test = "test".to_owned();
    let ty = TypeExpr::Str { owned: true };
    let signature = Signature {
        language: site.language,
        name: name.clone(),
        params: vec![Param { name: test.clone(), ty: ty.clone(), mutable_ref: false }],
        returns: ty,
        text: head.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let example = |name: &String| Example {
        args: vec![Value::Str(name.clone())],
        expected: Expected::Returns(Value::Str(PASSED.to_owned())),
        mutated: Vec::new(),
        text: format!("the test `{name}` passes"),
    };
    let function = FunctionSpec {
        name: name.clone(),
        description,
        examples: facts.tests.iter().map(example).collect(),
        requires: Vec::new(),
        ensures: Vec::new(),
        properties: Vec::new(),
        complexity: None,
        budget: None,
        capabilities: BTreeSet::new(),
        forbidden: Vec::new(),
        depends_on: Vec::new(),
        signature,
        params: vec![(test, Type::Str)],
        returns: Type::Str,
        unread: None,
        in_project: Some(Box::new(InProject {
            path: site.shown(),
            head,
            surroundings: surroundings(
                site.language,
                text,
                &facts.crates,
                &facts.package,
                site.form.is_async,
            ),
            context: facts.context.clone(),
            state: facts.state.clone(),
            calls: facts.calls.clone(),
        })),
    };
    Ok(Spec {
        name,
        description: String::new(),
        language: site.language,
        target: RELIABILITY_DEFAULT,
        functions: vec![function],
    })
}

/// The documentation without its code blocks, as one paragraph.
fn prose(doc: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut in_code = false;
    for line in doc.lines() {
        let bare = line.trim();
        if bare.starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !bare.starts_with(">>>") && !bare.is_empty() {
            let heading = bare.trim_start_matches('#').trim().trim_end_matches(':');
            if !matches!(heading.to_ascii_lowercase().as_str(), "example" | "examples") {
                kept.push(bare);
            }
        }
    }
    one_line(&kept.join(" "))
}
