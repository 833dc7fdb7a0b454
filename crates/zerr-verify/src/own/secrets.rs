//! Secrets that stand in a text: keys and tokens whose form tells what they are, and assignments of
//! random-looking texts to names like `password`. Main type: [`Secrets`].
//!
//! # Invariants
//! A finding never repeats the secret: reports travel further than the code.

use std::sync::LazyLock;
use std::time::Instant;

use regex::{Regex, RegexSet};
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region, Severity};
use zerr_exec::Cancel;
use zerr_syntax::line_column;

use super::side_by_side;
use crate::survey::{SourceFile, Survey};
use crate::{Layer, VerifyError};

pub(super) struct Secrets;

/// Rule, what it is, and its form, as its issuer documents it.
const FORMS: &[(&str, &str, &str)] = &[
    ("secret-aws-key", "an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "secret-github-token",
        "a GitHub token",
        r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})\b",
    ),
    ("secret-gitlab-token", "a GitLab token", r"\bglpat-[0-9A-Za-z_\-]{20}\b"),
    ("secret-slack-token", "a Slack token", r"\bxox[baprs]-[0-9A-Za-z\-]{20,}\b"),
    ("secret-google-key", "a Google API key", r"\bAIza[0-9A-Za-z_\-]{35}\b"),
    ("secret-stripe-key", "a live Stripe key", r"\b[sr]k_live_[0-9A-Za-z]{20,}\b"),
    ("secret-npm-token", "an npm token", r"\bnpm_[0-9A-Za-z]{36}\b"),
    ("secret-pypi-token", "a PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[0-9A-Za-z_\-]{50,}"),
    (
        "secret-private-key",
        "a private key",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\n[0-9A-Za-z+/=]{40}",
    ),
    ("secret-password", "a password or key", ASSIGNED),
];

/// `name = "value"`, `name: 'value'` where the name speaks of a secret.
const ASSIGNED: &str = r#"(?i)[a-z0-9_\-]*(?:passwd|password|secret|api_?key|auth_?token|access_?token|private_?key)[a-z0-9_\-]*["']?\s*(?::\s*&?(?:'static\s+)?str\s*)?[:=]\s*["']([^"'\s]{12,200})["']"#;

/// Shannon entropy, bits a character, below which a text is taken for words.
const ENTROPY_MIN: f64 = 3.6;

/// Told of one file and rule: a file of more is a list of test data.
const FOUND_MAX: usize = 100;

static SET: LazyLock<Option<(RegexSet, Vec<Regex>)>> = LazyLock::new(|| {
    let set = RegexSet::new(FORMS.iter().map(|(_, _, form)| form)).ok()?;
    let each: Result<_, _> = FORMS.iter().map(|(_, _, form)| Regex::new(form)).collect();
    Some((set, each.ok()?))
});

impl Layer for Secrets {
    fn id(&self) -> LayerId {
        LayerId::Security
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let found = side_by_side(survey.files, |file| {
            if cancel.is_cancelled() { Vec::new() } else { secrets(file) }
        });
        if cancel.is_cancelled() {
            return Err(VerifyError::Cancelled);
        }
        let ms = started.elapsed().as_millis() as u64;
        Ok(LayerOutcome::ran(self.id(), found.into_iter().flatten().collect(), None, ms))
    }
}

fn secrets(file: &SourceFile) -> Vec<Finding> {
    let Some((set, each)) = &*SET else { return Vec::new() };
    let text = &*file.text;
    let mut found = Vec::new();
    for at in set.matches(text) {
        let (Some((rule, what, _)), Some(form)) = (FORMS.get(at), each.get(at)) else { continue };
        for secret in form.captures_iter(text).take(FOUND_MAX) {
            let Some(whole) = secret.get(0) else { continue };
            let value = secret.get(1).unwrap_or(whole);
            if secret.get(1).is_some() && !looks_random(value.as_str()) {
                continue;
            }
            let start = line_column(text, value.start());
            let end = line_column(
                text,
                value.start() + value.as_str().lines().next().map_or(0, str::len),
            );
            let severity =
                if secret.get(1).is_some() { Severity::Warning } else { Severity::Error };
            found.push(
                Finding::error(LayerId::Security, *rule, format!("{what} stands in the text"))
                    .severity(severity)
                    .in_file(file.path.as_str())
                    .at(Region::between(start, end))
                    .hint("take it out, and revoke it if it was ever shared; read it from the environment or a secret store"),
            );
        }
    }
    found
}

/// Texts of examples and templates, and what is no more than words, are no secrets.
fn looks_random(value: &str) -> bool {
    let lower = value.to_lowercase();
    let harmless = [
        "example",
        "changeme",
        "placeholder",
        "password",
        "secret",
        "dummy",
        "test",
        "xxxx",
        "1234567",
    ];
    let template = ["${", "{{", "<", "%(", "{"];
    if harmless.iter().any(|word| lower.contains(word))
        || template.iter().any(|mark| value.contains(mark))
    {
        return false;
    }
    let has = |wanted: fn(&char) -> bool| value.chars().any(|c| wanted(&c));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && entropy(value) >= ENTROPY_MIN
}

fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0_u32) += 1;
    }
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::FileKind;

    fn check(text: &str, expected: &[(&str, usize)]) {
        let file =
            SourceFile { path: "a.py".into(), kind: FileKind::of("a.py"), text: text.into() };
        let found = secrets(&file);
        let shown: Vec<(&str, usize)> =
            found.iter().map(|found| (found.rule.as_str(), found.line().unwrap_or(0))).collect();
        assert_eq!(shown, expected, "{text}");
    }

    // Put together, so that no scanner takes this file for a leak.
    fn key(lead: &str, length: usize) -> String {
        let tail: String = "R7qX2mZp9KdW4sVb8NcT".chars().cycle().take(length).collect();
        format!("{lead}{tail}")
    }

    #[test]
    fn keys_are_known_by_their_form() {
        check(&format!("x = 1\nkey = '{}'\n", key("ghp_", 36)), &[("secret-github-token", 2)]);
        check(&format!("// {}\n", key("AKIA", 16).to_uppercase()), &[("secret-aws-key", 1)]);
        let pem = format!("-----BEGIN RSA PRIVATE {}-----\n{}\n", "KEY", key("", 64));
        check(&pem, &[("secret-private-key", 1)]);
    }

    #[test]
    fn a_random_text_under_a_telling_name_is_a_secret() {
        check(&format!("DB_PASSWORD = \"{}\"\n", key("", 20)), &[("secret-password", 1)]);
        check(&format!("const API_KEY: &str = \"{}\";\n", key("", 24)), &[("secret-password", 1)]);
    }

    #[test]
    fn words_templates_and_examples_are_no_secrets() {
        for text in [
            "password = \"correct horse battery\"",
            "password = \"changeme-changeme-1\"",
            "secret = \"${SECRET_FROM_ENV_1}\"",
            "api_key = os.environ[\"API_KEY\"]",
            "password_hint = \"first-pet-name\"",
            "token_count = 123456789012345",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_finding_does_not_repeat_the_secret() {
        let secret = key("ghp_", 36);
        let file =
            SourceFile { path: "a".into(), kind: FileKind::Other, text: secret.as_str().into() };
        let found = format!("{:?}", secrets(&file));
        assert!(!found.contains(&secret[4..20]), "{found}");
    }
}
