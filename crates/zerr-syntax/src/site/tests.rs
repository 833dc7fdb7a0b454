//! Functions in files of both languages, and other bodies in their places.

use super::*;

const RUST: &str = "\
mod shapes {
    /// A circle.
    pub struct Circle<T>(T);

    impl<T: Copy> Circle<T> {
        /// Its radius.
        #[inline]
        pub fn radius(&self) -> T {
            todo!(\"the first field\")
        }

        pub const fn zero() -> usize {
            0
        }
    }
}

pub fn all<'a>(x: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    x.iter().copied()
}

#[cfg(test)]
mod tests {
    fn helper() {}

    #[test]
    fn works() {
        fn inside() {}
    }
}

macro_rules! made { () => { fn hidden() {} } }
";

fn shown(sites: &[Site]) -> Vec<String> {
    sites.iter().map(Site::shown).collect()
}

#[test]
fn functions_are_found_where_they_stand() {
    let found = sites(Language::Rust, RUST);
    assert_eq!(
        shown(&found),
        [
            "shapes::Circle::radius",
            "shapes::Circle::zero",
            "all",
            "tests::helper",
            "tests::works",
            "tests::inside"
        ]
    );
    let radius = &found[0];
    assert_eq!(radius.doc, "Its radius.");
    assert_eq!(radius.open.as_deref(), Some("the first field"));
    assert_eq!(radius.head.text(RUST), "pub fn radius(&self) -> T");
    assert!(radius.form.is_method && !radius.form.is_test);
    assert!(found[1].form.is_const && found[1].open.is_none());
    assert!(found[2].form.is_opaque);
    assert!(found[3..].iter().all(|site| site.form.is_test));
    assert!(found[5].form.is_nested);
    assert_eq!(site_at(Language::Rust, RUST, 9).unwrap(), *radius);
}

#[test]
fn a_name_may_be_given_in_part_or_from_the_crate_on() {
    let radius = &sites(Language::Rust, RUST)[0];
    let module = ["geometry".to_owned()];
    for named in ["radius", "Circle::radius", "crate::geometry::shapes::Circle::radius"] {
        assert!(radius.is_named(named, &module), "{named}");
    }
    assert!(!radius.is_named("Square::radius", &module));
    assert!(!radius.is_named("", &module));
}

#[test]
fn pythons_functions_are_found_in_classes_and_behind_decorators() {
    let text = "\
class Box:
    @property
    def size(self) -> int:
        \"\"\"How large it is.\"\"\"
        raise NotImplementedError('side times side')

    async def open(self): ...

def f(x):  # what
    def g(): pass
    return g
";
    let found = sites(Language::Python, text);
    assert_eq!(shown(&found), ["Box.size", "Box.open", "f", "g"]);
    assert_eq!(found[0].doc, "How large it is.");
    assert_eq!(found[0].open.as_deref(), Some("side times side"));
    assert_eq!(found[0].head.text(text), "def size(self) -> int:");
    assert!(found[0].item.text(text).starts_with("@property"));
    assert!(found[1].form.is_async && found[1].form.is_method);
    assert!(found[3].form.is_nested && !found[3].form.is_method);
    let filled = replace(&found[0], text, "return self.a * \\\n    2\n").unwrap();
    assert!(
        filled
            .contains("large it is.\"\"\"\n        return self.a * \\\n            2\n\n    async")
    );
    let filled = replace(&found[1], text, "    return 1\n").unwrap();
    assert!(filled.contains("async def open(self):\n        return 1\n\ndef f"), "{filled}");
}

#[test]
fn several_bodies_stand_in_one_file_and_know_their_lines() {
    let text = "fn f(x: u8) -> u8 { x }\nfn g() {}\n";
    let site = &sites(Language::Rust, text)[0];
    let bodies = ["{ x }".to_owned(), "{\n    x + 1\n}".to_owned()];
    let made = dispatch(site, text, &bodies).unwrap();
    let line = |at: usize| made.text.lines().nth(at - 1).unwrap();
    assert_eq!(made.lines[1].clone().map(line).collect::<Vec<_>>(), ["{", "    x + 1", "}"]);
    assert_eq!(made.body_at(made.lines[0].start), Some(0));
    assert_eq!(made.body_at(1), None);
    assert!(made.text.ends_with("}}\nfn g() {}\n"));
    assert!(tree::parse(Language::Rust, &made.text).is_some_and(|it| !it.root_node().has_error()));
    // What cannot choose while it runs is not asked to.
    let zero = sites(Language::Rust, RUST).remove(1);
    assert_eq!(dispatch(&zero, RUST, &bodies), None);
    assert!(replace(&zero, RUST, "{ 1 }").unwrap().contains("zero() -> usize { 1 }"));
}

#[test]
fn a_hidden_type_is_said_by_what_stands_there_while_nothing_is_written() {
    let text = "fn f() -> impl Iterator<Item = u8> {\n    todo!();\n    std::iter::empty()\n}\n";
    let site = &sites(Language::Rust, text)[0];
    assert_eq!(site.open.as_deref(), Some(""), "the value behind it only says the type");
    assert_eq!(dispatch(site, text, &["{ 1 }".to_owned()]), None);
    let made = unwritten(site, text).unwrap();
    assert!(
        made.contains("__zerr_reached()\n}\n{\n    todo!();\n    std::iter::empty()"),
        "{made}"
    );
    assert!(tree::parse(Language::Rust, &made).is_some_and(|it| !it.root_node().has_error()));
    // Elsewhere that is a body.
    let text = "fn f() -> u8 {\n    todo!();\n    1\n}\n";
    assert_eq!(sites(Language::Rust, text)[0].open, None);
}

#[test]
fn what_pythons_head_does_not_type_is_named() {
    let text = "class A:\n    def f(self, a, b: int, c=1, *rest, d: str = '', e=None, **more):\n        ...\n";
    let site = &sites(Language::Python, text)[0];
    assert_eq!(untyped_params(site, text), ["self", "a", "c", "e"]);
}

#[test]
fn a_body_takes_on_the_indentation_and_the_line_ends_of_its_file() {
    let tabs = "class A:\n\tdef f(self):\n\t\traise NotImplementedError\n";
    let site = &sites(Language::Python, tabs)[0];
    let filled = replace(site, tabs, "    if x:\n        return 1\n    return 2\n").unwrap();
    assert_eq!(filled, "class A:\n\tdef f(self):\n\t\tif x:\n\t\t\treturn 1\n\t\treturn 2\n");
    let spaces = "def f(x):\n    ...\n";
    let site = &sites(Language::Python, spaces)[0];
    let filled = replace(site, spaces, "\tif x:\n\t\treturn 1\n").unwrap();
    assert_eq!(filled, "def f(x):\n    if x:\n        return 1\n");
    let windows = "fn f() -> u8 {\r\n    todo!()\r\n}\r\nfn g() {}\r\n";
    let site = &sites(Language::Rust, windows)[0];
    let filled = replace(site, windows, "{\n    1\n}").unwrap();
    assert_eq!(filled, "fn f() -> u8 {\r\n    1\r\n}\r\nfn g() {}\r\n");
    let one_line = "class A:\n    def f(self): \"\"\"Doc.\"\"\"; raise NotImplementedError\n";
    let site = &sites(Language::Python, one_line)[0];
    assert_eq!(replace(site, one_line, "    return 1\n"), None);
}

#[test]
fn what_a_head_reaches_is_shown_without_other_bodies() {
    let own = "use crate::grid::Cell;\n\npub struct Board {\n    cells: Vec<Cell>,\n}\n\nimpl Board {\n    \
               /// Its cells.\n    pub fn all(&self) -> usize {\n        self.cells.len()\n    }\n\n    \
               fn find(&self, wanted: Kind) -> Option<&Cell> {\n        todo!()\n    }\n}\n\n\
               /// Beside it.\nfn helper() {}\n";
    let grid = "pub struct Cell {\n    pub kind: Kind,\n}\n\npub enum Kind {\n    Full,\n}\n\nstruct Other;\n";
    let files = [("src/lib.rs", own), ("src/grid.rs", grid)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let site = &sites(Language::Rust, own)[1];
    let found = context(site, &files, 10_000);
    let names: Vec<(&str, &str)> =
        found.iter().map(|item| (item.name.as_str(), item.file.as_str())).collect();
    assert_eq!(
        names,
        [
            ("Board", "src/lib.rs"),
            ("Kind", "src/grid.rs"),
            ("Cell", "src/grid.rs"),
            ("imports", "src/lib.rs"),
            ("functions beside it", "src/lib.rs"),
        ]
    );
    assert!(found[0].text.contains("pub fn all(&self) -> usize { … }"), "{}", found[0].text);
    assert!(!found[0].text.contains("self.cells.len()"));
    assert!(found[4].text.contains("// Beside it.\nfn helper()"), "{}", found[4].text);
    // As many as there is room for, the nearest first.
    let room = found[0].text.len() + 10;
    assert_eq!(context(site, &files, room).len(), 1);
}
