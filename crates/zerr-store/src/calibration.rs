//! How often each model was right, as seen on this machine. Main types: [`Calibration`],
//! [`Observed`].
//!
//! Only counts are kept here; turning them into a p, with a prior and a bound, is the core's.

use rusqlite::{OptionalExtension as _, params};

use crate::runs::{loaded, stored};
use crate::store::{Store, StoreError};

/// What a count belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration<'a> {
    /// SHA-256 of the model's file.
    pub model: &'a str,
    pub role: &'a str,
    pub prompt_version: u32,
    pub language: &'a str,
}

/// How many samples turned out right and wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub right: u64,
    pub wrong: u64,
}

impl Store {
    /// Adds to the counts.
    pub fn record_observed(
        &self,
        calibration: &Calibration<'_>,
        observed: Observed,
    ) -> Result<(), StoreError> {
        let Calibration { model, role, prompt_version, language } = calibration;
        self.connection()
            .execute(
                "INSERT INTO calibration (model, role, prompt_version, language, right, wrong)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET
                     right = right + excluded.right, wrong = wrong + excluded.wrong",
                params![
                    model,
                    role,
                    prompt_version,
                    language,
                    stored(observed.right),
                    stored(observed.wrong)
                ],
            )
            .map(drop)
            .map_err(|source| self.sqlite(source))
    }

    /// The counts so far; zero and zero when nothing was recorded.
    pub fn observed(&self, calibration: &Calibration<'_>) -> Result<Observed, StoreError> {
        let Calibration { model, role, prompt_version, language } = calibration;
        self.connection()
            .query_row(
                "SELECT right, wrong FROM calibration
                 WHERE model = ?1 AND role = ?2 AND prompt_version = ?3 AND language = ?4",
                params![model, role, prompt_version, language],
                |row| Ok(Observed { right: loaded(row.get(0)?), wrong: loaded(row.get(1)?) }),
            )
            .optional()
            .map(Option::unwrap_or_default)
            .map_err(|source| self.sqlite(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_for_each_model_role_prompt_and_language() {
        let store = Store::open_in_memory().unwrap();
        let rust =
            Calibration { model: "m", role: "function", prompt_version: 1, language: "rust" };
        let others = [
            Calibration { model: "n", ..rust.clone() },
            Calibration { role: "plan", ..rust.clone() },
            Calibration { prompt_version: 2, ..rust.clone() },
            Calibration { language: "python", ..rust.clone() },
        ];
        store.record_observed(&rust, Observed { right: 3, wrong: 1 }).unwrap();
        store.record_observed(&rust, Observed { right: 2, wrong: 0 }).unwrap();
        assert_eq!(store.observed(&rust).unwrap(), Observed { right: 5, wrong: 1 });
        for other in others {
            assert_eq!(store.observed(&other).unwrap(), Observed::default(), "{other:?}");
        }
    }
}
