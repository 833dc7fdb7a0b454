//! Layers that look at a document in the background, and what becomes of what they find.
//! Main functions: [`start`], [`watch_evidence`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tower_lsp::Client;
use tower_lsp::lsp_types::{MessageType, Uri};
use zerr_core::verdict::{Finding, LayerId};
use zerr_engine::check::{CheckRequest, Checked, Selection, check};
use zerr_engine::zerr_verify::OwnOptions;
use zerr_engine::{CacheUse, Interrupt};

use crate::background;
use crate::dependencies;
use crate::documents::Kind;
use crate::generate::project_of;
use crate::shared::{Shared, file_of, lock};

/// After so long without a change, what takes longer is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// The file by these layers, all where there are none.
    File(BTreeSet<LayerId>),
    /// The document's text, which its file does not hold yet, by what needs no more than texts.
    Text,
}

impl Look {
    /// What costs little, when a file is opened or changes on disk.
    pub(crate) fn short() -> Self {
        Self::File(BTreeSet::from([LayerId::Syntax, LayerId::Security]))
    }

    pub(crate) fn full() -> Self {
        Self::File(BTreeSet::new())
    }
}

/// Starts looking and returns; an earlier look at the same document is stopped.
pub(crate) fn start(client: &Client, shared: &Arc<Shared>, uri: Uri, look: &Look) {
    let Some((request, own)) = request(shared, &uri, look) else { return };
    let interrupt = Interrupt::new();
    if let Some(older) = lock(&shared.checking).insert(uri.as_str().to_owned(), interrupt.clone()) {
        older.stop();
    }
    let (client, shared) = (client.clone(), Arc::clone(shared));
    tokio::spawn(async move {
        // A few at a time; of those that wait for one document only the last is still wanted.
        let Ok(_turn) = shared.turns.acquire().await else { return };
        if interrupt.is_stopped() {
            return;
        }
        let stopped = interrupt.clone();
        let checked = background::run(move || check(&request, &|_| {}, &stopped)).await;
        let checked = match checked {
            Ok(Ok(checked)) if !interrupt.is_stopped() => checked,
            Ok(Err(error)) => {
                client.log_message(MessageType::WARNING, format!("zerr: {error}")).await;
                return;
            }
            _ => return,
        };
        if take_in(&shared, &uri, checked, &own) {
            shared.publish(&client, uri.clone()).await;
        }
        watch_evidence(&client, &shared, uri).await;
    });
}

/// What the engine is asked, and the document's name in its answer.
fn request(shared: &Shared, uri: &Uri, look: &Look) -> Option<(CheckRequest, String)> {
    let file = file_of(uri)?;
    let file = file.canonicalize().unwrap_or(file);
    // A name that is a folder's would have all that is in it read.
    if file.is_dir() {
        return None;
    }
    let (kind, text) = {
        let documents = lock(&shared.documents);
        let document = documents.get(uri.as_str())?;
        (document.kind, (*look == Look::Text).then(|| document.text.as_str().to_owned()))
    };
    let mut layers = match look {
        Look::File(layers) => layers.clone(),
        Look::Text => BTreeSet::new(),
    };
    let (root, selection) = match (kind, text) {
        (Kind::Cargo, _) => {
            layers = BTreeSet::from([LayerId::Security]);
            let (root, files) = dependencies::sources(&file)?;
            (root, Selection::Paths(files))
        }
        (_, Some(text)) => {
            let root = project_of(&file)?;
            let path = name_in(&root, &file)?;
            (root, Selection::Text { path, text })
        }
        (_, None) => (project_of(&file)?, Selection::Paths(vec![file.clone()])),
    };
    let own = name_in(&root, &file)?;
    let request = CheckRequest {
        root,
        selection,
        layers,
        baseline: None,
        cache: CacheUse::Use,
        options: OwnOptions::default(),
    };
    Some((request, own))
}

/// Whether the document still is what was looked at; then its findings are kept.
fn take_in(shared: &Shared, uri: &Uri, checked: Checked, own: &str) -> bool {
    let Some(looked) = checked.files.iter().find(|file| file.path == own) else { return false };
    let is_own = |finding: &Finding| finding.file.as_deref() == Some(own);
    let found: Vec<Finding> = checked.report.findings.into_iter().filter(is_own).collect();
    let mut documents = lock(&shared.documents);
    let document = documents.get_mut(uri.as_str());
    match document.filter(|document| document.text.as_str() == looked.text.as_ref()) {
        Some(document) => {
            document.set_full(found);
            true
        }
        None => false,
    }
}

/// Once nothing was typed for a moment, tells functions that are no longer what a run wrote.
pub(crate) async fn watch_evidence(client: &Client, shared: &Arc<Shared>, uri: Uri) {
    let changes_of = |shared: &Shared| {
        let documents = lock(&shared.documents);
        documents.get(uri.as_str()).map(|document| document.changes)
    };
    let changes = changes_of(shared);
    tokio::time::sleep(PAUSE).await;
    if changes.is_none() || changes_of(shared) != changes {
        return;
    }
    // One at a time; whoever waited looks again whether it is still wanted.
    let Ok(_turn) = shared.looks.acquire().await else { return };
    if changes_of(shared) != changes {
        return;
    }
    let Some((project, name)) = file_of(&uri).and_then(place_of) else { return };
    let text = {
        let documents = lock(&shared.documents);
        let document = documents.get(uri.as_str());
        document
            .filter(|document| matches!(document.kind, Kind::Source(_)))
            .map(|document| document.text.as_str().to_owned())
    };
    let Some(text) = text else { return };
    let look = move || (zerr_engine::stale_findings(&project, &name, &text), text);
    let Ok((found, text)) = tokio::task::spawn_blocking(look).await else { return };
    let is_new = {
        let mut documents = lock(&shared.documents);
        let document = documents.get_mut(uri.as_str());
        document
            .filter(|document| document.text.as_str() == text)
            .is_some_and(|document| document.set_stale(found))
    };
    if is_new {
        shared.publish(client, uri).await;
    }
}

fn place_of(file: PathBuf) -> Option<(PathBuf, String)> {
    let file = file.canonicalize().unwrap_or(file);
    let project = project_of(&file)?;
    let name = name_in(&project, &file)?;
    Some((project, name))
}

/// The file's name from a folder on, with `/`.
fn name_in(root: &Path, file: &Path) -> Option<String> {
    let root = root.canonicalize().ok()?;
    let parts: Option<Vec<&str>> =
        file.strip_prefix(&root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use tower_lsp::UriExt as _;
    use zerr_syntax::Language;

    use super::*;
    use crate::documents::Document;

    #[test]
    fn a_document_that_is_named_like_a_folder_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        // Whatever is above.
        std::fs::create_dir(folder.path().join(".zerr")).unwrap();
        let file = folder.path().join("inside.py");
        std::fs::write(&file, "x = 1\n").unwrap();
        let shared = Shared::default();
        let looked = |path: &Path| {
            let uri = Uri::from_file_path(path).unwrap();
            let document = Document::new(Kind::Source(Language::Python), 1, "x = 1\n".to_owned());
            lock(&shared.documents).insert(uri.as_str().to_owned(), document);
            request(&shared, &uri, &Look::full()).map(|(_, own)| own)
        };
        assert_eq!(looked(&file).as_deref(), Some("inside.py"));
        assert_eq!(looked(folder.path()), None);
    }
}
