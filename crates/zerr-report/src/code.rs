//! Code with its keywords, names and literals told apart: [`highlighted`].

use maud::{Markup, PreEscaped, html};
use tree_sitter_highlight::{HighlightConfiguration, Highlighter, HtmlRenderer};
use zerr_syntax::Language;

/// Names of the grammars' queries, and the class of each in `page.css`.
const NAMES: [(&str, &str); 12] = [
    ("keyword", "kw"),
    ("string", "st"),
    ("escape", "st"),
    ("number", "nu"),
    ("constant", "nu"),
    ("comment", "co"),
    ("function", "fn"),
    ("function.builtin", "fn"),
    ("function.method", "fn"),
    ("constructor", "ty"),
    ("type", "ty"),
    ("type.builtin", "ty"),
];

/// A block of code. Where it cannot be read it stands there as it is.
pub(crate) fn highlighted(language: Option<Language>, text: &str) -> Markup {
    let coloured = language.and_then(|language| coloured(language, text));
    html! {
        pre { code {
            @match coloured {
                Some(coloured) => { (PreEscaped(coloured)) }
                None => { (text) }
            }
        } }
    }
}

fn coloured(language: Language, text: &str) -> Option<String> {
    let (grammar, name, query) = match language {
        Language::Rust => {
            (tree_sitter_rust::LANGUAGE.into(), "rust", tree_sitter_rust::HIGHLIGHTS_QUERY)
        }
        Language::Python => {
            (tree_sitter_python::LANGUAGE.into(), "python", tree_sitter_python::HIGHLIGHTS_QUERY)
        }
    };
    let mut config = HighlightConfiguration::new(grammar, name, query, "", "").ok()?;
    config.configure(&NAMES.map(|(name, _)| name));
    let mut highlighter = Highlighter::new();
    let events = highlighter.highlight(&config, text.as_bytes(), None, None, |_| None).ok()?;
    let mut renderer = HtmlRenderer::new();
    let attributes = |found: tree_sitter_highlight::Highlight, out: &mut Vec<u8>| {
        let class = NAMES.get(found.0).map_or("", |(_, class)| class);
        out.extend(format!("class=\"{class}\"").bytes());
    };
    renderer.render(events, text.as_bytes(), &attributes).ok()?;
    String::from_utf8(renderer.html).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_model_is_escaped_in_every_language() {
        for language in [Some(Language::Rust), Some(Language::Python), None] {
            let shown =
                highlighted(language, "x = \"<script>alert(1)</script>\" & 1").into_string();
            assert!(!shown.contains("<script"), "{shown}");
            assert!(shown.contains("&lt;") && shown.contains("&amp;"), "{shown}");
        }
    }

    #[test]
    fn keywords_and_literals_have_a_class() {
        let rust = highlighted(Some(Language::Rust), "fn one() -> i32 { 1 }").into_string();
        assert!(rust.contains("<span class=\"kw\">fn</span>"), "{rust}");
        let python =
            highlighted(Some(Language::Python), "def one():\n    return 'a'\n").into_string();
        assert!(python.contains("<span class=\"st\">"), "{python}");
    }
}
