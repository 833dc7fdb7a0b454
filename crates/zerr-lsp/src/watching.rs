//! Files that change on disk: what is looked at again, and watching them for clients that do not.
//! Main functions: [`changed`], [`watch`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tower_lsp::Client;
use tower_lsp::lsp_types::{MessageType, Uri};

use crate::checking::{self, Look};
use crate::dependencies;
use crate::documents::Kind;
use crate::shared::{Shared, file_of, lock};

/// Programs write a file in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// The folders that are watched: those of open documents and of what they build on, never what lies
/// below them.
pub(crate) struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

/// Looks again at the open documents that changes on disk concern.
pub(crate) fn changed(client: &Client, shared: &Arc<Shared>, files: &BTreeSet<PathBuf>) {
    let open: Vec<(Uri, Kind)> = {
        let documents = lock(&shared.documents);
        let open = documents.iter().filter_map(|(uri, it)| Some((uri.parse().ok()?, it.kind)));
        open.collect()
    };
    for (uri, kind) in open {
        let Some(file) = file_of(&uri).map(resolved) else { continue };
        let is_of_it = match kind {
            Kind::Cargo => dependencies::sources(&file).map_or_else(Vec::new, |(_, all)| all),
            Kind::Source(_) | Kind::Spec | Kind::Other => Vec::new(),
        };
        if files.contains(&file) || is_of_it.iter().any(|one| files.contains(one)) {
            checking::start(client, shared, uri, &Look::short());
        }
    }
    shared.refresh(client);
}

/// The same file whatever links lead to it; also of one that is gone.
pub(crate) fn resolved(file: PathBuf) -> PathBuf {
    if let Ok(found) = file.canonicalize() {
        return found;
    }
    let in_folder = |file: &Path| Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?));
    in_folder(&file).unwrap_or(file)
}

/// Watches what the open documents stand on, where the client said that it does not.
pub(crate) fn watch(client: &Client, shared: &Arc<Shared>) {
    if shared.agreed().watches {
        return;
    }
    let wanted = folders(shared);
    let mut watched = lock(&shared.watched);
    if watched.is_none() {
        match begin(client, shared) {
            Ok(watcher) => *watched = Some(Watched { watcher, folders: BTreeSet::new() }),
            Err(error) => {
                let (client, why) =
                    (client.clone(), format!("zerr: files are not watched: {error}"));
                tokio::spawn(async move { client.log_message(MessageType::WARNING, why).await });
                return;
            }
        }
    }
    let Some(Watched { watcher, folders }) = watched.as_mut() else { return };
    for gone in folders.difference(&wanted) {
        // A folder that was removed is watched no more.
        drop(watcher.unwatch(gone));
    }
    // One that cannot be watched is tried again with the next document.
    let kept = |folder: &&PathBuf| {
        folders.contains(*folder) || watcher.watch(folder, RecursiveMode::NonRecursive).is_ok()
    };
    *folders = wanted.iter().filter(kept).cloned().collect();
}

fn folders(shared: &Shared) -> BTreeSet<PathBuf> {
    let open: Vec<(Uri, Kind)> = {
        let documents = lock(&shared.documents);
        let open = documents.iter().filter_map(|(uri, it)| Some((uri.parse().ok()?, it.kind)));
        open.collect()
    };
    let mut found = BTreeSet::new();
    for (uri, kind) in open {
        let Some(file) = file_of(&uri).map(resolved) else { continue };
        if kind == Kind::Cargo
            && let Some((root, _)) = dependencies::sources(&file)
        {
            found.insert(root);
        }
        found.extend(file.parent().filter(|folder| folder.is_dir()).map(Path::to_owned));
    }
    found
}

fn begin(client: &Client, shared: &Arc<Shared>) -> notify::Result<RecommendedWatcher> {
    let (sender, mut changes) = mpsc::unbounded_channel::<Vec<PathBuf>>();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !event.kind.is_access()
        {
            // The session may be over.
            drop(sender.send(event.paths));
        }
    })?;
    let (client, shared): (Client, Weak<Shared>) = (client.clone(), Arc::downgrade(shared));
    tokio::spawn(async move {
        while let Some(first) = changes.recv().await {
            tokio::time::sleep(SETTLE).await;
            let mut files: BTreeSet<PathBuf> = first.into_iter().collect();
            while let Ok(more) = changes.try_recv() {
                files.extend(more);
            }
            let Some(shared) = shared.upgrade() else { return };
            changed(&client, &shared, &files);
        }
    });
    Ok(watcher)
}
