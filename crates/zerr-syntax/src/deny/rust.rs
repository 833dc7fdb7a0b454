//! The deny-scan of Rust over tokens: what must not appear, in macros' arguments too.
//!
//! Tokens and not the tree, because the arguments of a macro are only tokens; what needs the
//! tree (items, names, calls) is judged in `rust_tree`.

use std::collections::BTreeMap;

use proc_macro2::{Spacing, TokenStream};

use super::rust_std::{PRIMITIVES, PURE_MACROS, refusal};
use super::{Policy, Violation};
use crate::Span;
use crate::tokens::{Flat, FlatKind, flatten};

/// Why a path that nobody here knows may not be named.
pub(super) const NOT_STANDARD: &str = "is not part of the standard library";

/// Every place that tokens alone give away, and the names that imports bring in.
pub(super) fn scan_tokens(stream: &TokenStream, policy: &Policy) -> (Vec<Violation>, Imports) {
    let tokens = flatten(stream);
    let mut scan = Scan {
        tokens: &tokens,
        policy,
        imports: Vec::new(),
        aliases: BTreeMap::new(),
        in_use: vec![false; tokens.len()],
        found: Vec::new(),
    };
    for (name, path) in policy.surroundings.iter().flat_map(|it| &it.imports) {
        let path = path.split("::").map(str::to_owned).collect();
        scan.aliases.entry(name.clone()).or_default().push(path);
    }
    scan.imports();
    scan.run();
    let has_glob = scan.aliases.contains_key("*");
    // What the file around imports was not judged where it stands.
    let mut names: Vec<String> = scan.aliases.keys().cloned().collect();
    names.retain(|name| scan.path_refusal(std::slice::from_ref(name), false).is_none());
    let imports = Imports { names, has_glob };
    (scan.found, imports)
}

/// What `use` items bring into a function.
pub(super) struct Imports {
    pub(super) names: Vec<String>,
    /// A glob brings in names that only rustc knows.
    pub(super) has_glob: bool,
}

struct Scan<'a> {
    tokens: &'a [Flat],
    policy: &'a Policy,
    imports: Vec<(Vec<String>, Span)>,
    /// What each imported name may stand for. Scopes are not told apart: a name that is
    /// harmless in one place and not in another is judged by its worst meaning.
    aliases: BTreeMap<String, Vec<Vec<String>>>,
    /// The tokens that belong to `use` items, which are judged as imports.
    in_use: Vec<bool>,
    found: Vec<Violation>,
}

impl Scan<'_> {
    fn report(&mut self, construct: impl Into<String>, span: Span, why: impl Into<String>) {
        self.found.push(Violation { construct: construct.into(), span, why: why.into() });
    }

    fn word(&self, index: usize) -> Option<&str> {
        self.tokens.get(index)?.word()
    }

    fn punct(&self, index: usize, character: char) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is_punct(character))
    }

    /// Is there a `::` whose first colon is at `index`?
    fn colons(&self, index: usize) -> bool {
        matches!(
            self.tokens.get(index).map(|token| &token.kind),
            Some(FlatKind::Punct(':', Spacing::Joint))
        ) && self.punct(index + 1, ':')
    }

    fn is_close(&self, index: usize) -> bool {
        matches!(self.tokens.get(index).map(|token| &token.kind), Some(FlatKind::Close(_)))
    }

    fn is_open(&self, index: usize) -> bool {
        matches!(self.tokens.get(index).map(|token| &token.kind), Some(FlatKind::Open(_)))
    }

    fn span(&self, index: usize) -> Span {
        self.tokens.get(index).map_or(Span::default(), |token| token.span)
    }

    fn imports(&mut self) {
        for index in 0..self.tokens.len() {
            // `+ use<'a>` is a bound and imports nothing.
            if self.word(index) == Some("use") && !self.punct(index + 1, '<') {
                let end = self.use_tree(index + 1, &mut Vec::new());
                self.in_use.iter_mut().take(end).skip(index).for_each(|flag| *flag = true);
            }
        }
        // Judged when all are known: an import may stand above the one it builds on.
        for (path, span) in std::mem::take(&mut self.imports) {
            if let Some(why) = self.path_refusal(&path, true) {
                self.report(path.join("::"), span, why);
            }
        }
    }

    /// Reads one tree of a `use` item and returns where it ends.
    fn use_tree(&mut self, mut index: usize, prefix: &mut Vec<String>) -> usize {
        let depth = prefix.len();
        loop {
            if self.colons(index) {
                index += 2;
            } else if self.punct(index, '*') {
                let path = prefix.iter().cloned().chain(["*".to_owned()]).collect();
                self.import("*", path, self.span(index));
                index += 1;
                break;
            } else if self.is_open(index) {
                index += 1;
                while self.tokens.get(index).is_some() && !self.is_close(index) {
                    index = if self.punct(index, ',') {
                        index + 1
                    } else {
                        self.use_tree(index, prefix).max(index + 1)
                    };
                }
                index += 1;
                break;
            } else if let Some(word) = self.word(index).map(str::to_owned) {
                let span = self.span(index);
                index += 1;
                prefix.push(word);
                if self.colons(index) {
                    continue;
                }
                if prefix.len() > 1 && prefix.last().is_some_and(|last| last == "self") {
                    prefix.pop();
                }
                let mut name = prefix.last().cloned().unwrap_or_default();
                if self.word(index) == Some("as") {
                    name = self.word(index + 1).unwrap_or("_").to_owned();
                    index += 2;
                }
                self.import(&name, prefix.clone(), span);
                break;
            } else {
                break;
            }
        }
        prefix.truncate(depth);
        index
    }

    fn import(&mut self, name: &str, path: Vec<String>, span: Span) {
        self.aliases.entry(name.to_owned()).or_default().push(path.clone());
        self.imports.push((path, span));
    }

    /// Everything a path may stand for once imported names are followed; `None` where they
    /// lead in circles or too far.
    fn targets(&self, path: &[String]) -> Option<Vec<Vec<String>>> {
        const STEPS_MAX: usize = 64;
        let mut open = vec![path.to_vec()];
        let mut done: Vec<Vec<String>> = Vec::new();
        while let Some(path) = open.pop() {
            if done.contains(&path) {
                continue;
            }
            if done.len() >= STEPS_MAX {
                return None;
            }
            let (root, rest) = path.split_first()?;
            for target in self.aliases.get(root).into_iter().flatten() {
                // `use std::mem;` names `mem` as itself; a one-word import stands for nothing else.
                if target.as_slice() != std::slice::from_ref(root) {
                    open.push(target.iter().chain(rest).cloned().collect());
                }
            }
            done.push(path);
        }
        Some(done)
    }

    /// Why a path may not be named. An import has no prelude to fall back on.
    fn path_refusal(&self, path: &[String], is_import: bool) -> Option<String> {
        let Some(targets) = self.targets(path) else {
            return Some("leads through too many imports".to_owned());
        };
        targets.iter().enumerate().find_map(|(index, target)| {
            let (root, rest) = target.split_first()?;
            match root.as_str() {
                "std" | "core" | "alloc" => refusal(rest, self.policy),
                "crate" | "super" | "self" if self.policy.surroundings.is_some() => {
                    self.leads_out(rest)
                }
                "crate" | "super" | "self" => Some("reaches out of the function".to_owned()),
                // The path itself, where its root was imported, was followed further.
                name if index == 0 && !is_import && self.aliases.contains_key(name) => None,
                name if self.aliases.contains_key(name) && target.len() > 1 => None,
                // A type that a glob brought in, from who knows where.
                name if self.policy.surroundings.as_ref().is_some_and(|around| {
                    !around.has(name) && !self.aliases.contains_key(name) && around.leads_out(name)
                }) =>
                {
                    self.leads_out(std::slice::from_ref(root))
                }
                name if name.starts_with(|c: char| c.is_ascii_uppercase()) => None,
                name if !is_import && PRIMITIVES.contains(&name) => None,
                name if self.is_of_project(name) => self.leads_out(rest),
                _ if self.policy.allowed_calls.iter().any(|call| *call == path.join("::")) => None,
                _ => Some(NOT_STANDARD.to_owned()),
            }
        })
    }

    /// Why a path through the project may not be named: something on it comes from elsewhere.
    fn leads_out(&self, segments: &[String]) -> Option<String> {
        let around = self.policy.surroundings.as_ref()?;
        let out = segments.iter().find(|name| around.leads_out(name))?;
        Some(format!("`{out}` may lead out of the project"))
    }

    /// Whether a path may begin with this name in the project around.
    fn is_of_project(&self, name: &str) -> bool {
        self.policy
            .surroundings
            .as_ref()
            .is_some_and(|around| around.has(name) || around.crates.iter().any(|own| own == name))
    }

    fn run(&mut self) {
        let mut index = 0;
        while let Some(token) = self.tokens.get(index) {
            let span = token.span;
            match &token.kind {
                FlatKind::Punct('#', _) if self.is_attribute(index) => {
                    index = self.attribute(index);
                    continue;
                }
                FlatKind::Punct('*', _)
                    if matches!(self.word(index + 1), Some("const" | "mut")) =>
                {
                    self.report("*const", span, "raw pointers show where memory lies");
                }
                FlatKind::Literal(text) => self.literal(&text.clone(), span),
                FlatKind::Word(word) => self.name(index, &word.clone(), span),
                _ => {}
            }
            index += 1;
        }
    }

    fn is_attribute(&self, index: usize) -> bool {
        let at = index + 1 + usize::from(self.punct(index + 1, '!'));
        matches!(self.tokens.get(at).map(|token| &token.kind), Some(FlatKind::Open('[')))
    }

    /// Judges one attribute and returns the index after it.
    fn attribute(&mut self, index: usize) -> usize {
        let open = index + 1 + usize::from(self.punct(index + 1, '!'));
        let mut depth = 0_usize;
        let mut end = open;
        while let Some(token) = self.tokens.get(end) {
            match token.kind {
                FlatKind::Open(_) => depth += 1,
                FlatKind::Close(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            end += 1;
            if depth == 0 {
                break;
            }
        }
        let span = self.span(index);
        let inside = self.tokens.get(open + 1..end.saturating_sub(1)).unwrap_or(&[]);
        let name = inside.first().and_then(Flat::word).unwrap_or("").to_owned();
        let holds_macro = inside.iter().any(|token| token.is_punct('!'));
        let fits = match name.as_str() {
            "inline" | "must_use" | "allow" | "warn" | "deny" | "expect" | "cold" => !holds_macro,
            "doc" => match inside {
                [_, equals, value] => {
                    equals.is_punct('=') && matches!(value.kind, FlatKind::Literal(_))
                }
                _ => false,
            },
            "derive" => inside.iter().skip(1).filter_map(Flat::word).all(|word| {
                matches!(
                    word,
                    "Clone"
                        | "Copy"
                        | "Debug"
                        | "Default"
                        | "Eq"
                        | "Hash"
                        | "Ord"
                        | "PartialEq"
                        | "PartialOrd"
                )
            }),
            _ => false,
        };
        if !fits {
            self.report(format!("#[{name}]"), span, "changes how the function is compiled");
        }
        end
    }

    fn literal(&mut self, text: &str, span: Span) {
        if text.starts_with("c\"") || text.starts_with("cr") {
            self.report(text, span, "C strings are for foreign functions");
        }
        // `{:p}` prints an address.
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            rest = rest.get(open + 1..).unwrap_or("");
            let field = rest.split('}').next().unwrap_or("");
            if field.contains(':') && field.ends_with('p') {
                self.report("{:p}", span, "shows where memory lies");
                return;
            }
        }
    }

    fn name(&mut self, index: usize, word: &str, span: Span) {
        if !word.is_ascii() {
            self.report(word, span, "names are ASCII, so that none passes for another");
            return;
        }
        let after_quote = index > 0 && self.punct(index - 1, '\'');
        // `x.name` but not `..name`.
        let after_dot =
            index > 0 && self.punct(index - 1, '.') && !(index > 1 && self.punct(index - 2, '.'));
        match word {
            "unsafe" => self.report(word, span, "sets the language's guarantees aside"),
            "extern" => self.report(word, span, "reaches foreign code"),
            "static" if !after_quote => {
                self.report(word, span, "keeps state from one call to the next");
            }
            "async" | "await"
                if self.policy.surroundings.as_ref().is_some_and(|around| around.is_async) => {}
            "async" | "await" => self.report(word, span, "functions are plain, without a runtime"),
            "mod" => self.report(word, span, "one function holds no modules"),
            "macro_rules" | "macro" => {
                self.report(word, span, "a macro hides what it expands to");
            }
            "union" if self.word(index + 1).is_some() => {
                self.report(word, span, "reinterprets memory");
            }
            "raw" if matches!(self.word(index + 1), Some("const" | "mut")) => {
                self.report("&raw", span, "raw pointers show where memory lies");
            }
            "as_ptr" | "as_mut_ptr" | "as_ptr_range" | "as_mut_ptr_range" | "into_raw" | "leak"
            | "from_raw" | "type_id" | "type_name" | "type_name_of_val" | "RandomState" => {
                self.report(word, span, "shows addresses or the program itself");
            }
            "crate" if self.policy.surroundings.is_none() => {
                self.report(word, span, "reaches out of the function");
            }
            _ => {}
        }
        if self.is_macro_call(index, word) {
            self.macro_call(word, span);
        }
        if !after_dot {
            self.path(index);
        }
    }

    /// `name ! (…)`; after a keyword the `!` negates.
    fn is_macro_call(&self, index: usize, word: &str) -> bool {
        const BEFORE_EXPRESSIONS: &[&str] = &[
            "as", "break", "const", "else", "for", "if", "in", "let", "loop", "match", "move",
            "mut", "ref", "return", "while", "yield",
        ];
        self.punct(index + 1, '!')
            && (self.is_open(index + 2) || self.word(index + 2).is_some())
            && !BEFORE_EXPRESSIONS.contains(&word)
    }

    fn macro_call(&mut self, name: &str, span: Span) {
        let shown = format!("{name}!");
        let why = match name {
            _ if PURE_MACROS.contains(&name) && !self.aliases.contains_key(name) => return,
            "todo" | "unimplemented" => "is unfinished",
            "print" | "println" | "eprint" | "eprintln" | "dbg" => "prints",
            "include" | "include_str" | "include_bytes" => "reads files while it is compiled",
            "env" | "option_env" | "cfg" => "reads the environment while it is compiled",
            "asm" | "global_asm" | "naked_asm" => "reaches past the language",
            "thread_local" => "keeps state from one call to the next",
            _ if self
                .policy
                .surroundings
                .iter()
                .any(|it| it.macros.iter().any(|it| it == name)) =>
            {
                return;
            }
            _ => "is not known to be pure",
        };
        self.report(shown, span, why);
    }

    /// Judges the path that starts here, if one does.
    fn path(&mut self, index: usize) {
        if self.in_use.get(index).copied().unwrap_or(false) {
            return;
        }
        let after_colons = index >= 2 && self.colons(index - 2);
        // `A::b` goes on at `b`; `::std` starts anew, whatever stands before it.
        let goes_on = after_colons
            && !self.word(index).is_some_and(|word| matches!(word, "std" | "core" | "alloc"))
            && matches!(
                index.checked_sub(3).and_then(|before| self.tokens.get(before)).map(|t| &t.kind),
                Some(FlatKind::Word(_) | FlatKind::Close(_) | FlatKind::Punct('>', _))
            );
        if goes_on || (!after_colons && !self.colons(index + 1)) {
            return;
        }
        let mut segments = Vec::new();
        let mut at = index;
        while let Some(word) = self.word(at) {
            segments.push(word.to_owned());
            if !self.colons(at + 1) {
                break;
            }
            at += 3;
        }
        if let Some(why) = self.path_refusal(&segments, after_colons) {
            self.report(segments.join("::"), self.span(index), why);
        }
    }
}
