//! Files that let somebody check a run again without zerr. Main function:
//! [`Store::write_evidence`].

use std::path::PathBuf;

use crate::blobs::write_whole;
use crate::locks::check_name;
use crate::store::{Store, StoreError};

impl Store {
    /// Writes `.zerr/evidence/RUN/NAME`, whole or not at all, in the place of an earlier one.
    /// Returns where it is; nothing for a store in memory.
    pub fn write_evidence(
        &self,
        run: &str,
        name: &str,
        content: &[u8],
    ) -> Result<Option<PathBuf>, StoreError> {
        check_name(name)?;
        let Some(path) = self.evidence_folder(run)?.map(|folder| folder.join(name)) else {
            return Ok(None);
        };
        write_whole(&path, content).map_err(|source| StoreError::from_io(&path, source))?;
        Ok(Some(path))
    }

    /// Where the evidence of a run goes; nothing for a store in memory.
    pub fn evidence_folder(&self, run: &str) -> Result<Option<PathBuf>, StoreError> {
        check_name(run)?;
        Ok(self.folder().map(|folder| folder.join("evidence").join(run)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_stays_in_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let path = store.write_evidence("r1", "report.json", b"{}").unwrap().unwrap();
        assert_eq!(path, root.path().join(".zerr/evidence/r1/report.json"));
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
        for (run, name) in [("r1", "../x"), ("..", "x"), ("r1", "")] {
            let error = store.write_evidence(run, name, b"").unwrap_err();
            assert!(matches!(error, StoreError::Name { .. }), "{run} {name}: {error:?}");
        }
    }
}
