//! What the client can do, and what its user set: [`Agreed`], [`Options`].

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::UriExt as _;
use tower_lsp::lsp_types::{InitializeParams, ResourceOperationKind, WorkspaceFolder};

use crate::text::Encoding;

#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability that a client has or not")]
pub(crate) struct Agreed {
    pub(crate) encoding: Encoding,
    pub(crate) progress: bool,
    pub(crate) annotations: bool,
    pub(crate) lens_refresh: bool,
    pub(crate) hint_refresh: bool,
    pub(crate) creates_files: bool,
    pub(crate) shows_documents: bool,
    /// It can be asked to say when files change on disk.
    pub(crate) watches: bool,
    /// It asks for diagnostics by itself.
    pub(crate) pulls: bool,
    /// It shows what else a diagnostic is about.
    pub(crate) related: bool,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) options: Options,
    /// What is wrong with the options it sent.
    pub(crate) complaint: Option<String>,
}

/// `initializationOptions`, and what `workspace/didChangeConfiguration` changes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Options {
    /// A GGUF file in place of the embedded model, or a recording.
    pub(crate) model: Option<PathBuf>,
    /// The client shows reports and diffs itself, by the paths that their commands give.
    pub(crate) shows_pages: bool,
    /// The client wants to be told how runs stand (`zerr/status`).
    pub(crate) shows_status: bool,
    /// What is verified is looked at before it is applied, piece by piece.
    pub(crate) preview: bool,
    /// How functions that zerr wrote stand, at the end of their first lines.
    pub(crate) inlay_hints: bool,
}

impl Options {
    /// These with what a client sent; settings of other things are left out.
    ///
    /// # Errors
    /// A setting of another form, in words; then nothing is taken.
    fn with(&self, sent: &Value) -> Result<Self, String> {
        let mut all = serde_json::to_value(self).unwrap_or_default();
        let (Some(known), Some(sent)) = (all.as_object_mut(), sent.as_object()) else {
            return Ok(self.clone());
        };
        for (name, value) in sent {
            if let Some(own) = known.get_mut(name) {
                // An editor's field that is empty is one that nobody filled in.
                *own = if value == "" { Value::Null } else { value.clone() };
            }
        }
        serde_json::from_value(all).map_err(|error| format!("a setting is not understood: {error}"))
    }
}

impl Agreed {
    pub(crate) fn of(params: InitializeParams) -> Self {
        let general = params.capabilities.general.as_ref();
        let offered = general.and_then(|it| it.position_encodings.as_deref());
        let window = params.capabilities.window.as_ref();
        let workspace = params.capabilities.workspace.as_ref();
        let document = params.capabilities.text_document.as_ref();
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        let lenses = workspace.and_then(|it| it.code_lens.as_ref());
        let hints = workspace.and_then(|it| it.inlay_hint.as_ref());
        let published = document.and_then(|it| it.publish_diagnostics.as_ref());
        let mut agreed = Self {
            encoding: Encoding::negotiated(offered),
            creates_files: edits
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
            shows_documents: window
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            // Most clients that can ask take what is sent to them too, and would show it twice.
            pulls: document
                .is_some_and(|it| it.diagnostic.is_some() && it.publish_diagnostics.is_none()),
            related: published.and_then(|it| it.related_information).unwrap_or(false),
            watches: workspace
                .and_then(|it| it.did_change_watched_files)
                .is_some_and(|it| it.dynamic_registration == Some(true)),
            progress: window.and_then(|it| it.work_done_progress).unwrap_or(false),
            lens_refresh: lenses.and_then(|it| it.refresh_support).unwrap_or(false),
            hint_refresh: hints.and_then(|it| it.refresh_support).unwrap_or(false),
            annotations: edits.is_some_and(|it| it.change_annotation_support.is_some()),
            folders: Vec::new(),
            options: Options::default(),
            complaint: None,
        };
        let folders = params.workspace_folders.unwrap_or_default();
        agreed.folders = folders.iter().filter_map(path_of).collect();
        #[expect(deprecated, reason = "older clients name their one folder so")]
        if agreed.folders.is_empty()
            && let Some(root) = params.root_uri
        {
            agreed.folders.extend(root.to_file_path().map(std::borrow::Cow::into_owned));
        }
        agreed.set(&params.initialization_options.unwrap_or_default());
        agreed
    }

    /// Takes in options; whether they are other ones now.
    pub(crate) fn set(&mut self, sent: &Value) -> bool {
        match self.options.with(sent) {
            Ok(options) => {
                let is_other = options != self.options;
                self.options = options;
                is_other
            }
            Err(why) => {
                self.complaint = Some(why);
                false
            }
        }
    }

    /// Folders that were opened and closed.
    pub(crate) fn change_folders(&mut self, added: &[WorkspaceFolder], gone: &[WorkspaceFolder]) {
        let gone: Vec<PathBuf> = gone.iter().filter_map(path_of).collect();
        self.folders.retain(|folder| !gone.iter().any(|one| one == folder));
        for folder in added.iter().filter_map(path_of) {
            if !self.folders.contains(&folder) {
                self.folders.push(folder);
            }
        }
    }

    /// What the model is called before it was asked.
    pub(crate) fn model_name(&self) -> String {
        let path = self.options.model.as_deref().and_then(Path::file_name);
        path.map_or_else(|| "embedded".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

fn path_of(folder: &WorkspaceFolder) -> Option<PathBuf> {
    Some(folder.uri.to_file_path()?.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_change_what_they_name_and_mistakes_are_told() {
        let mut agreed = Agreed::default();
        assert!(agreed.set(&json!({"model": "/m.gguf", "preview": true, "server": {"path": "x"}})));
        assert!(agreed.set(&json!({"inlayHints": true})));
        assert!(!agreed.set(&json!({"inlayHints": true})), "nothing new");
        assert_eq!(agreed.options.model.as_deref(), Some(Path::new("/m.gguf")));
        assert!(agreed.options.preview && agreed.options.inlay_hints);
        assert_eq!(agreed.model_name(), "m.gguf");
        assert!(agreed.set(&json!({"model": ""})));
        assert_eq!(agreed.model_name(), "embedded");
        assert!(!agreed.set(&json!({"preview": "yes"})));
        assert!(agreed.complaint.unwrap().contains("expected a boolean"));
        assert!(agreed.options.preview, "what was set stays");
    }
}
