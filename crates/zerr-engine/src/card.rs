//! What a model says of itself, as far as the engine uses it: [`Card`].

use serde::Deserialize;
use zerr_core::prompt::Role;
use zerr_core::run::RolePrior;
use zerr_core::scope::Scope;
use zerr_core::vote::{Prior, PriorSource};
use zerr_syntax::Language;

/// The part of a model's card that changes how a run is done. Fields that are not known here are
/// left alone: cards are older and newer than this program.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Card {
    #[serde(default)]
    prompts: std::collections::BTreeMap<String, Vec<u32>>,
    #[serde(default)]
    p: Vec<Row>,
    scope: Option<Vec<String>>,
    /// What each task of `scope` takes and gives.
    #[serde(default)]
    scope_types: Vec<String>,
    /// The words of the names that each was taught under.
    #[serde(default)]
    scope_names: Vec<String>,
    #[serde(default)]
    scope_joins: Vec<String>,
    /// Positions of tasks that were only taught where what they use may be called.
    #[serde(default)]
    scope_calling: std::collections::BTreeSet<usize>,
}

#[derive(Clone, Debug, Deserialize)]
struct Row {
    role: String,
    language: Option<Language>,
    p: f64,
    /// False for what was measured on tasks that the model was not made for.
    #[serde(default = "yes")]
    prior: bool,
}

fn yes() -> bool {
    true
}

impl Card {
    /// The card in a model's description; an unreadable one is none.
    pub(crate) fn of(card: Option<&serde_json::Value>) -> Option<Self> {
        serde_json::from_value(card?.clone()).ok()
    }

    /// The versions of a role's prompt that it was made for; `None` where it does not say.
    pub(crate) fn prompts(&self, role: Role) -> Option<Vec<u32>> {
        self.prompts.get(role.name()).cloned()
    }

    /// Whether it was made for a role; a card that lists no role at all says nothing.
    pub(crate) fn plays(&self, role: Role) -> bool {
        self.prompts.is_empty() || self.prompts.contains_key(role.name())
    }

    /// The languages that it was made to play a role in; where a card gives no figures for the role, all of
    /// them.
    pub(crate) fn languages(&self, role: Role) -> Vec<Language> {
        let rows = || self.p.iter().filter(|row| row.role == role.name());
        let measured = |language: &Language| {
            rows().next().is_none()
                || rows().any(|row| row.language.is_none_or(|one| one == *language))
        };
        if self.plays(role) {
            Language::ALL.into_iter().filter(measured).collect()
        } else {
            Vec::new()
        }
    }

    /// What it says that it knows.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let mut scope = Scope {
            subtasks: self.scope.clone()?,
            types: self.scope_types.clone(),
            names: self.scope_names.clone(),
            joins: self.scope_joins.clone(),
            calling: self.scope_calling.clone(),
        };
        let fits = |list: &[String]| list.is_empty() || list.len() == scope.subtasks.len();
        if !fits(&scope.types) || !fits(&scope.names) {
            // Of which task each is cannot be told: nothing is known.
            scope.subtasks.clear();
        }
        Some(scope)
    }

    /// What it claims to be right with, by role and language; impossible figures are left out.
    /// Of several rows for one role and language the lowest counts.
    pub(crate) fn priors(&self) -> Vec<RolePrior> {
        let mut priors: Vec<RolePrior> = Vec::new();
        for row in self.p.iter().filter(|row| row.prior && row.p > 0.0 && row.p < 1.0) {
            let known = priors
                .iter_mut()
                .find(|prior| prior.role == row.role && prior.language == row.language);
            match known {
                Some(known) => known.prior.p = known.prior.p.min(row.p),
                None => priors.push(RolePrior {
                    role: row.role.clone(),
                    language: row.language,
                    prior: Prior::new(row.p, PriorSource::Card),
                }),
            }
        }
        priors
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The embedded model's card, and tasks that its curriculum draws.
    fn curriculum() -> (Scope, Vec<serde_json::Value>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../zerr-micro");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let card = serde_json::from_str(&read("model/card.json")).unwrap();
        let tasks = read("curriculum/tasks.jsonl");
        let tasks = tasks.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (Card::of(Some(&card)).unwrap().scope().unwrap(), tasks)
    }

    #[test]
    fn the_embedded_model_knows_what_it_was_taught_and_not_what_is_near_it() {
        let (scope, tasks) = curriculum();
        assert_eq!(scope.names.len(), scope.subtasks.len());
        assert_eq!(scope.types.len(), scope.subtasks.len());
        let mut inside = std::collections::BTreeMap::<&str, (u32, u32)>::new();
        for task in &tasks {
            let spec = zerr_core::spec::parse(task["spec"].to_string().as_bytes(), "t").unwrap();
            let [function] = spec[0].functions.as_slice() else { continue };
            let (of, covered) = inside.entry(task["tasks"].as_str().unwrap()).or_default();
            *of += 1;
            *covered += u32::from(scope.covers(function, &[]).is_ok());
        }
        let (of, covered) = inside["phrasings"];
        assert!(of > 40 && covered * 100 > of * 80, "{inside:?}");
        let (of, covered) = inside["reserved"];
        assert!(of >= 20 && covered * 20 < of, "{inside:?}");
    }

    #[test]
    fn a_card_whose_lists_do_not_fit_each_other_knows_nothing() {
        let of = |names: &[&str]| {
            let json = serde_json::json!({
                "scope": ["largest", "smallest"], "scope_types": ["int -> int", "int -> int"],
                "scope_names": names, "scope_joins": ["then"],
            });
            Card::of(Some(&json)).unwrap().scope().unwrap()
        };
        let whole = of(&["max", "min"]);
        assert_eq!((whole.subtasks.len(), whole.types[0].as_str()), (2, "int -> int"));
        assert_eq!((whole.names[1].as_str(), whole.joins[0].as_str()), ("min", "then"));
        assert_eq!(of(&[]).subtasks.len(), 2);
        assert!(of(&["max"]).subtasks.is_empty());
    }

    #[test]
    fn a_card_gives_the_lowest_of_its_figures_and_no_impossible_one() {
        let json = serde_json::json!({
            "prompts": {"function": [1]},
            "p": [
                {"role": "function", "language": "rust", "p": 0.9},
                {"role": "function", "language": "rust", "p": 0.7, "n": 400},
                {"role": "function", "language": "python", "p": 1.5},
                {"role": "function", "language": "rust", "p": 0.1, "prior": false},
            ],
            "something": "new",
        });
        let card = Card::of(Some(&json)).unwrap();
        assert_eq!(card.prompts(Role::Function), Some(vec![1]));
        let priors = card.priors();
        assert_eq!(priors.len(), 1);
        assert!((priors[0].prior.p - 0.7).abs() < 1e-9);
        assert!(Card::of(Some(&serde_json::json!("text"))).is_none());
    }
}
