//! What can be done at a place: [`actions`].

use std::collections::HashMap;

use tower_lsp::UriExt as _;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, CodeActionOrCommand, CodeActionParams,
    CodeActionResponse, DocumentChanges, TextEdit, Uri, WorkspaceEdit,
};
use zerr_core::spec::{self, Manner};
use zerr_core::verdict::Upgrade;
use zerr_syntax::{Span, request};

use crate::commands::{
    GENERATE, Place, REPORT, RUNNER_UP, SETTLE, UPGRADE, UpgradeOf, VERIFY, WISHES, command,
};
use crate::dependencies;
use crate::documents::Kind;
use crate::evidence;
use crate::generate::Wish;
use crate::offer::created;
use crate::shared::{Shared, file_of, lock};

/// Everything that is offered in a range; what cannot be done says why.
pub(crate) fn actions(shared: &Shared, params: CodeActionParams) -> CodeActionResponse {
    let place = Place::at(params.text_document.uri, params.range.start.line as usize + 1);
    let kind = {
        let documents = lock(&shared.documents);
        documents.get(place.uri.as_str()).map(|document| document.kind)
    };
    let mut actions: CodeActionResponse = Vec::new();
    for (wish, name) in WISHES {
        actions.extend(wish_action(shared, wish, name, &place, kind));
    }
    for (title, name) in evidence_commands(shared, &place) {
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            command: command(&title, name, &place),
            title,
            kind: Some(CodeActionKind::EMPTY),
            ..CodeAction::default()
        }));
    }
    if params.range.start != params.range.end {
        actions.extend(all_within(shared, &place, params.range.end));
        actions.extend(stubs(shared, &place.uri, params.range));
    }
    if kind == Some(Kind::Cargo) {
        actions.extend(upgrades(shared, &place.uri, params.range));
    }
    if matches!(kind, Some(Kind::Source(_))) {
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: "zerr: verify this file".to_owned(),
            kind: Some(CodeActionKind::SOURCE),
            command: command("Verify", VERIFY, &place),
            ..CodeAction::default()
        }));
    }
    actions
}

/// What is offered for one wish.
fn wish_action(
    shared: &Shared,
    wish: Wish,
    name: &'static str,
    place: &Place,
    kind: Option<Kind>,
) -> Option<CodeActionOrCommand> {
    let hole = shared.hole_at(place);
    let what = match (&hole, kind) {
        (Some(hole), _) => format!("`{}`", hole.name),
        (None, Some(Kind::Spec)) if wish != Wish::Examples => "this spec".to_owned(),
        (None, _) => return None,
    };
    let title = match wish {
        Wish::Generate => format!("zerr: generate and verify {what}"),
        Wish::Decompose => format!("zerr: decompose {what} into subtasks"),
        Wish::Examples => format!("zerr: write examples for {what}"),
    };
    let reason = match hole.as_ref().map(spec::manner) {
        Some(Manner::Not(why)) => Some(why),
        Some(Manner::InProject) if wish != Wish::Generate => {
            Some("only for functions over standard types".to_owned())
        }
        _ => shared.wanted(wish, place).err().map(str::to_owned),
    };
    let disabled = reason.map(|reason| CodeActionDisabled { reason });
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        command: if disabled.is_none() { command(&title, name, place) } else { None },
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        disabled,
        ..CodeAction::default()
    }))
}

/// What can be shown and asked of a function that a run wrote.
fn evidence_commands(shared: &Shared, place: &Place) -> Vec<(String, &'static str)> {
    let Some((function, report)) = shared.written_at(place) else { return Vec::new() };
    let mut found = vec![(format!("zerr: report of `{}`", function.name), REPORT)];
    let step = shared.language(&place.uri);
    let step = step.and_then(|language| evidence::step(&report, &function.name, language));
    if step.is_some_and(|step| step.classes.len() > 1) {
        found.push((format!("zerr: runner-up of `{}`", function.name), RUNNER_UP));
    }
    if function.is_same && step.is_some_and(|step| !step.questions.is_empty()) {
        found.push((format!("zerr: settle what `{}` leaves open", function.name), SETTLE));
    }
    found
}

/// All unfinished functions of a selection, where there are several.
fn all_within(
    shared: &Shared,
    place: &Place,
    end: tower_lsp::lsp_types::Position,
) -> Option<CodeActionOrCommand> {
    // A selection of whole lines ends before the first letter of the next one.
    let last = end.line as usize + usize::from(end.character > 0);
    let count = {
        let documents = lock(&shared.documents);
        documents.get(place.uri.as_str())?.open_within(place.line, last).len()
    };
    if count < 2 {
        return None;
    }
    let place = Place { end_line: Some(last), ..place.clone() };
    let title = format!("zerr: generate and verify the {count} functions of the selection");
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        command: command(&title, GENERATE, &place),
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        ..CodeAction::default()
    }))
}

/// Unfinished functions for what a selection asks for in words: behind it in code, and beside any other
/// text as a spec.
fn stubs(
    shared: &Shared,
    uri: &Uri,
    range: tower_lsp::lsp_types::Range,
) -> Option<CodeActionOrCommand> {
    let agreed = shared.agreed();
    let encoding = agreed.encoding;
    let documents = lock(&shared.documents);
    let document = documents.get(uri.as_str())?;
    let span = Span::new(
        document.text.offset(range.start, encoding),
        document.text.offset(range.end, encoding),
    );
    let selected = document.text.as_str().get(span.start..span.end)?;
    let mut action = CodeAction { kind: Some(CodeActionKind::QUICKFIX), ..CodeAction::default() };
    match document.kind {
        Kind::Source(language) => {
            // Code has heads of its own: only words ask for one.
            let is_words = selected.lines().all(|line| {
                let line = line.trim_start();
                line.is_empty() || line.starts_with("//") || line.starts_with('#')
            });
            let asked = request::requests(selected, Some(language)).ok().filter(|_| is_words)?;
            let own = asked.iter().filter(|it| it.language == language);
            let stubs: Vec<String> = own.map(|request| format!("\n{}", request.stub())).collect();
            // Behind the line that the selection ends on, which may end before it begins.
            let last = document.text.as_str().get(..span.end)?.trim_end_matches('\n').len();
            let rest = document.text.as_str().get(last..)?;
            let at = last + rest.find('\n').unwrap_or(rest.len());
            let edit = TextEdit {
                range: document.text.range(Span::new(at, at), encoding),
                new_text: format!("\n{}", stubs.concat().trim_end()),
            };
            action.title = String::from("zerr: unfinished functions for the selection");
            #[expect(clippy::mutable_key_type, reason = "an address is never changed in place")]
            let changes = HashMap::from([(uri.clone(), vec![edit])]);
            action.edit = Some(WorkspaceEdit::new(changes)).filter(|_| !stubs.is_empty());
        }
        Kind::Other => {
            let asked = request::requests(selected, None).ok()?;
            let text = spec::of_requests(&asked).ok()?;
            action.title = String::from("zerr: a task_spec.yaml for the selection");
            let file = file_of(uri)?.with_file_name("task_spec.yaml");
            if file.exists() {
                let reason = "there is a task_spec.yaml beside it already".to_owned();
                action.disabled = Some(CodeActionDisabled { reason });
            } else if agreed.creates_files {
                let operations = created(&Uri::from_file_path(&file)?, &text);
                action.edit = Some(WorkspaceEdit {
                    document_changes: Some(DocumentChanges::Operations(operations)),
                    ..WorkspaceEdit::default()
                });
            }
        }
        Kind::Spec | Kind::Cargo => return None,
    }
    let is_told = action.edit.is_some() || action.disabled.is_some();
    is_told.then_some(CodeActionOrCommand::CodeAction(action))
}

/// Another version of each dependency in the range that an advisory names: in a manifest by an edit of
/// its requirement, in a lock file by cargo.
fn upgrades(
    shared: &Shared,
    uri: &Uri,
    range: tower_lsp::lsp_types::Range,
) -> Vec<CodeActionOrCommand> {
    let encoding = shared.agreed().encoding;
    let is_lock = uri.path().as_str().ends_with("Cargo.lock");
    let documents = lock(&shared.documents);
    let Some(document) = documents.get(uri.as_str()) else { return Vec::new() };
    let mut best: Vec<(Span, Upgrade)> = Vec::new();
    for (span, upgrade) in document.upgrades(range, encoding) {
        // Several advisories of one package: the highest version mends all of them.
        match best.iter_mut().find(|(at, known)| *at == span && known.package == upgrade.package) {
            Some((_, known)) if is_lower(&known.to, &upgrade.to) => *known = upgrade.clone(),
            Some(_) => {}
            None => best.push((span, upgrade.clone())),
        }
    }
    let action = |(span, upgrade): (Span, Upgrade)| {
        let title = format!("zerr: upgrade {} to {}", upgrade.package, upgrade.to);
        let mut action = CodeAction {
            title: title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            ..CodeAction::default()
        };
        if is_lock {
            let Upgrade { package, version, to } = upgrade;
            action.command =
                command(&title, UPGRADE, &UpgradeOf { uri: uri.clone(), package, version, to });
        } else {
            let line = document.text.as_str().get(span.start..span.end)?;
            let (start, end, new_text) = dependencies::requirement(line, &upgrade)?;
            let span = Span::new(span.start + start, span.start + end);
            let edit = TextEdit { range: document.text.range(span, encoding), new_text };
            // The type of its keys is what the protocol's library has.
            #[expect(clippy::mutable_key_type, reason = "an address is never changed in place")]
            let changes = HashMap::from([(uri.clone(), vec![edit])]);
            action.edit = Some(WorkspaceEdit::new(changes));
        }
        Some(CodeActionOrCommand::CodeAction(action))
    };
    best.into_iter().filter_map(action).collect()
}

/// By the numbers of versions.
fn is_lower(a: &str, b: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
    };
    numbers(a) < numbers(b)
}

/// The lock file's folder that an upgrade is about.
pub(crate) fn folder_of(upgrade: &UpgradeOf) -> Option<std::path::PathBuf> {
    let file = file_of(&upgrade.uri)?;
    Some(file.parent()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_lower("1.9.0", "1.10.0"));
        assert!(!is_lower("2.0.0", "1.10.0"));
        let uri = Uri::from_file_path("/p/Cargo.lock").unwrap();
        let (package, version, to) = ("a".into(), "1".into(), "2".into());
        let of = UpgradeOf { uri, package, version, to };
        assert_eq!(folder_of(&of).unwrap().to_str(), Some("/p"));
    }
}
