//! The crate that a batch of Rust candidates is compiled in. Main type: [`Batch`].
//!
//! One file a candidate, so that a text with a brace too many cannot reach its neighbours and an
//! error's file says whose it is. Each sits in a module below the one that holds the context, which
//! it therefore calls by bare name.
//!
//! # Invariants
//! - Every name of ours that a candidate could reach ends in a suffix drawn for this batch.
//! - Every file has a name that only its own text can know: a candidate that could include another
//!   one's would answer with it, or have it refused for an error it does not have.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use zerr_core::spec::FunctionSpec;
use zerr_syntax::Language;
use zerr_syntax::signature::{MapForm, SetForm, Signature, TypeExpr};

use crate::frames::secret;

/// The texts of one crate.
pub(crate) struct Batch {
    /// Draws the line between our names and theirs.
    suffix: String,
    pub(crate) files: Vec<(String, String)>,
    /// The file that the crate starts at.
    pub(crate) root: String,
    /// The file with the functions that the candidates may call.
    pub(crate) context: String,
    /// Files of one candidate each, which is a position in the sources.
    modules: BTreeMap<String, usize>,
}

/// A function that the executable can call, by the number of its slot in the table.
struct Entry<'a> {
    slot: usize,
    function: &'a FunctionSpec,
    /// The module that holds it.
    module: usize,
}

/// Functions of ours between the adapter and a candidate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doors {
    One,
    /// So that a tool can tell the call from what the adapter does.
    Two,
}

impl Batch {
    /// `chosen` are positions in `sources`; the executable knows each by that number.
    pub(crate) fn new(
        function: &FunctionSpec,
        context: &[String],
        sources: &[String],
        chosen: &[usize],
    ) -> Batch {
        let entries: Vec<Entry<'_>> = chosen
            .iter()
            .map(|candidate| Entry { slot: *candidate, function, module: *candidate })
            .collect();
        Self::assemble(&[function], &entries, context, sources, chosen, Doors::One)
    }

    /// One source with several functions; the executable knows each by its position.
    pub(crate) fn of_file(functions: &[&FunctionSpec], source: &str) -> Batch {
        let entries: Vec<Entry<'_>> = functions
            .iter()
            .enumerate()
            .map(|(slot, function)| Entry { slot, function, module: 0 })
            .collect();
        Self::assemble(functions, &entries, &[], &[source.to_owned()], &[0], Doors::One)
    }

    /// The first source alone, with two functions of ours around each of its calls.
    pub(crate) fn counted(
        function: &FunctionSpec,
        context: &[String],
        sources: &[String],
    ) -> Batch {
        let entry = Entry { slot: 0, function, module: 0 };
        Self::assemble(&[function], &[entry], context, sources, &[0], Doors::Two)
    }

    fn assemble(
        functions: &[&FunctionSpec],
        entries: &[Entry<'_>],
        context: &[String],
        sources: &[String],
        modules: &[usize],
        doors: Doors,
    ) -> Batch {
        let mut batch = Batch {
            suffix: secret(),
            files: Vec::new(),
            root: format!("main_{}.rs", secret()),
            context: format!("context_{}.rs", secret()),
            modules: BTreeMap::new(),
        };
        let imports = std_imports(functions.iter().map(|function| &function.signature));
        let mut outer = imports.clone();
        for name in COLLECTIONS {
            // What a function that is called needs for its own signature.
            let line = format!("use std::collections::{name};\n");
            if !outer.contains(&line) && context.iter().any(|source| is_bare(source, name)) {
                outer.push_str(&line);
            }
        }
        for source in context {
            outer.push_str(source);
            outer.push('\n');
        }
        for module in modules {
            let (name, file) = (batch.module(*module), format!("c_{}.rs", secret()));
            let _ = writeln!(outer, "#[path = \"{file}\"] pub(crate) mod {name};");
            batch.modules.insert(file, *module);
        }
        for (file, module) in batch.modules.clone() {
            let source = sources.get(module).map_or("", String::as_str);
            // In front of the first line, so that lines keep their numbers.
            let mut text = format!("use super::*; {source}\n");
            for entry in entries.iter().filter(|entry| entry.module == module) {
                let _ = writeln!(text, "{}", batch.door(entry, doors));
            }
            batch.files.push((file, text));
        }
        let root = batch.root(entries, &imports);
        batch.files.push((batch.context.clone(), outer));
        batch.files.push((batch.root.clone(), root));
        batch
    }

    /// The name under which the harness is linked.
    pub(crate) fn harness(&self) -> String {
        format!("harness_{}", self.suffix)
    }

    /// Whose file this is.
    pub(crate) fn candidate_of(&self, file: &str) -> Option<usize> {
        self.modules.get(file).copied()
    }

    fn module(&self, module: usize) -> String {
        format!("c{module}_{}", self.suffix)
    }

    fn door_name(&self, entry: &Entry<'_>) -> String {
        format!("door_{}_{}", entry.slot, self.suffix)
    }

    /// Lets the adapter into the candidate's private function. It repeats the signature as it was
    /// given, so a candidate with another one does not compile.
    fn door(&self, entry: &Entry<'_>, doors: Doors) -> String {
        let signature = &entry.function.signature;
        let rest = after_name(&signature.text, &signature.name).unwrap_or("()");
        let arguments: Vec<&str> =
            signature.params.iter().map(|param| param.name.as_str()).collect();
        let (door, arguments) = (self.door_name(entry), arguments.join(", "));
        let name = &signature.name;
        match doors {
            Doors::One => format!("pub(crate) fn {door}{rest} {{ self::{name}({arguments}) }}"),
            Doors::Two => {
                let inner = door.replacen("door", "inner", 1);
                format!(
                    "fn {inner}{rest} {{ self::{name}({arguments}) }} \
                     pub(crate) fn {door}{rest} {{ {inner}({arguments}) }}"
                )
            }
        }
    }

    /// `main` and the table of adapters, each on the line of its entry's position plus
    /// [`ADAPTERS_FROM`].
    fn root(&self, entries: &[Entry<'_>], imports: &str) -> String {
        let (harness, context) = (self.harness(), &self.context);
        let (outer, table) = (format!("outer_{}", self.suffix), format!("table_{}", self.suffix));
        let length = entries.iter().map(|entry| entry.slot + 1).max().unwrap_or(0);
        let mut slots = vec!["None".to_owned(); length];
        let mut adapters = String::new();
        for entry in entries {
            let Entry { slot: number, function, module } = entry;
            if let Some(slot) = slots.get_mut(*number) {
                *slot = format!("Some(a{number})");
            }
            let call =
                format!("super::{outer}::{}::{}", self.module(*module), self.door_name(entry));
            let _ = writeln!(
                adapters,
                "fn a{number}(t: &mut Tokens<'_>, o: &mut Out) -> Option<()> {{ {} }}",
                adapter_body(function, &call)
            );
        }
        let imports = imports.replace('\n', " ");
        format!(
            "#[path = \"{context}\"] mod {outer};\nmod {table} {{\nuse ::{harness}::*; {imports}\n\
             pub(super) static TABLE: [Option<Adapter>; {length}] = [{}];\n{adapters}}}\n\
             fn main() {{ ::{harness}::main(&{table}::TABLE) }}\n",
            slots.join(", ")
        )
    }
}

/// Line of the first adapter in [`Batch::root`].
pub(crate) const ADAPTERS_FROM: usize = 5;

fn adapter_body(function: &FunctionSpec, call: &str) -> String {
    let signature = &function.signature;
    let mut body = String::new();
    for (position, param) in signature.params.iter().enumerate() {
        let ty = param.ty.text(Language::Rust);
        let _ = write!(body, "let p{position}: {ty} = dec(t)?; ");
        if param.ty.is_mutable_ref() {
            let _ = write!(body, "let b{position} = encoded(&*p{position}, o.limit); ");
        }
    }
    let arguments: Vec<String> = signature
        .params
        .iter()
        .enumerate()
        .map(|(position, param)| {
            let reborrow = if param.ty.is_mutable_ref() { "&mut *" } else { "" };
            format!("{reborrow}p{position}")
        })
        .collect();
    let arguments = arguments.join(", ");
    if !function.returns.is_transparent() {
        let name = format!("{:?}", signature.returns.text(Language::Rust));
        let _ = write!(body, "let _ = {call}({arguments}); o.opaque({name}); Some(())");
        return body;
    }
    let returns = signature.returns.text(Language::Rust);
    let _ = write!(body, "{{ let r: {returns} = {call}({arguments}); o.returned(&r); }} ");
    for (position, param) in signature.params.iter().enumerate() {
        if param.ty.is_mutable_ref() {
            let _ = write!(body, "o.mutated({position}, &b{position}, &*p{position}); ");
        }
    }
    body.push_str("o.end(); Some(())");
    body
}

/// What follows the function's name: generics, parameters, result.
fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.match_indices("fn").find_map(|(at, _)| {
        let rest = text.get(at + 2..)?;
        let trimmed = rest.trim_start();
        if trimmed.len() == rest.len() {
            return None;
        }
        let after = trimmed.strip_prefix(name)?;
        let after = after.trim_start();
        (after.starts_with('(') || after.starts_with('<')).then_some(after)
    })
}

/// The `use` lines that a file with these signatures needs, for the std types that are not in
/// scope by themselves. An assembled file begins with exactly these, so that what compiles here
/// compiles there.
pub(crate) fn std_imports<'a>(signatures: impl IntoIterator<Item = &'a Signature>) -> String {
    let mut names = std::collections::BTreeSet::new();
    for signature in signatures {
        let mut wanted = std::collections::BTreeSet::new();
        for ty in signature.param_types().chain([&signature.returns]) {
            collect_imports(ty, &mut wanted);
        }
        names.extend(wanted.into_iter().filter(|name| is_bare(&signature.text, name)));
    }
    names.iter().fold(String::new(), |mut lines, name| {
        let _ = writeln!(lines, "use std::collections::{name};");
        lines
    })
}

/// The types of std that a signature may name and that are not in scope by themselves.
const COLLECTIONS: [&str; 4] = ["BTreeMap", "BTreeSet", "HashMap", "HashSet"];

/// Whether `name` stands somewhere without a path in front of it.
fn is_bare(text: &str, name: &str) -> bool {
    text.match_indices(name)
        .any(|(at, _)| !text.get(..at).is_some_and(|before| before.trim_end().ends_with("::")))
}

fn collect_imports(ty: &TypeExpr, names: &mut std::collections::BTreeSet<&'static str>) {
    match ty {
        TypeExpr::Map { key, value, form } => {
            names.insert(if *form == MapForm::BTree { "BTreeMap" } else { "HashMap" });
            collect_imports(key, names);
            collect_imports(value, names);
        }
        TypeExpr::Set { item, form } => {
            names.insert(if *form == SetForm::BTree { "BTreeSet" } else { "HashSet" });
            collect_imports(item, names);
        }
        TypeExpr::Tuple(items) => items.iter().for_each(|item| collect_imports(item, names)),
        TypeExpr::List { item, .. }
        | TypeExpr::Option(item)
        | TypeExpr::Ref { inner: item, .. } => collect_imports(item, names),
        TypeExpr::Result { ok, err } => {
            collect_imports(ok, names);
            collect_imports(err, names);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_repeats_everything_behind_the_name() {
        assert_eq!(
            after_name("pub const fn fn_of<'a>(x: &'a str) -> &'a str", "fn_of"),
            Some("<'a>(x: &'a str) -> &'a str")
        );
        assert_eq!(after_name("fn f()", "f"), Some("()"));
        assert_eq!(after_name("fn f()", "g"), None);
    }

    #[test]
    fn only_types_without_a_path_are_imported() {
        let signature = |text| zerr_syntax::signature::parse(Language::Rust, text).unwrap();
        let bare = signature("fn f(x: &HashMap<String, Vec<BTreeSet<u8>>>) -> bool");
        assert_eq!(
            std_imports([&bare]),
            "use std::collections::BTreeSet;\nuse std::collections::HashMap;\n"
        );
        let path = signature("fn f(x: std::collections::HashMap<String, u8>) -> bool");
        assert_eq!(std_imports([&path]), "");
    }
}
