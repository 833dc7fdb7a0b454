//! Calls of functions in small projects.

use super::*;
use crate::site::sites;

fn of(text: &str, name: &str) -> Vec<String> {
    let site = sites(Language::Rust, text).into_iter().find(|it| it.name() == name).unwrap();
    let files = [("src/lib.rs".to_owned(), text.to_owned())];
    let found = calls(&site, &files, 24);
    let whole = with_calls(&site, text, &found).unwrap();
    syn::parse_file(&whole).unwrap_or_else(|error| panic!("{error}: {whole}"));
    assert!(whole.starts_with(&text[..site.body.end]), "{whole}");
    found.into_iter().map(|call| call.shown).collect()
}

#[test]
fn values_of_own_types_come_from_what_makes_them() {
    let text = "pub struct Circle { r: f64 }\nimpl Circle {\npub fn new(r: f64) -> Self { todo!() }\n\
        pub fn area(&self) -> f64 { todo!() }\npub fn grow(&mut self, by: u8) { todo!() }\n}\n\
        #[derive(Clone)]\npub enum Shape { Dot, Round(Circle), Rect { w: u32, h: u32 } }\n\
        pub fn widest(all: &[Shape], n: Option<usize>) -> usize { todo!() }\n";
    assert_eq!(of(text, "area")[..2], ["Circle::new(0.0f64).area()", "Circle::new(1.0f64).area()"]);
    assert_eq!(of(text, "grow")[1], "Circle::new(1.0f64).grow(1u8)");
    assert_eq!(of(text, "new")[0], "Circle::new(0.0f64)");
    let all = of(text, "widest");
    assert!(all.contains(&"widest(&[Shape::Dot][..], None)".to_owned()), "{all:?}");
    assert!(all.iter().any(|call| call.contains("Shape::Rect { w: 0u32, h: 1u32 }")), "{all:?}");
}

#[test]
fn what_is_only_known_to_be_iterated_over_is_looked_at_item_by_item() {
    let text = "fn evens(xs: &[u8]) -> impl Iterator<Item = u8> + '_ { xs.iter().copied() }\n";
    let site = sites(Language::Rust, text).remove(0);
    let files = [("src/lib.rs".to_owned(), text.to_owned())];
    let found = calls(&site, &files, 24);
    assert!(found[0].code.contains(".take(200).collect"), "{}", found[0].code);
    assert_eq!(found[0].shown, "evens(&[0u8][..])");
}

#[test]
fn a_parameter_that_nothing_stands_for_has_no_values() {
    let text = "pub struct As<T: AsRef<str>>(pub T);\nimpl<T: AsRef<str>> As<T> {\n    pub fn shown(&self) -> String { todo!() }\n}\n\
        pub struct Pair<A, B>(pub A, pub B);\nimpl<B: Into<u8>, A> Pair<B, A> {\n    pub fn swap(self) -> Pair<A, B> { todo!() }\n}\n";
    assert_eq!(of(text, "shown"), Vec::<String>::new());
    assert_eq!(of(text, "swap"), Vec::<String>::new());
}

#[test]
fn type_parameters_are_numbers_and_modules_are_left_as_they_are() {
    let text = "mod inner {\npub struct Stack<T> { items: Vec<T> }\nimpl<T: Clone> Stack<T> {\n\
        pub fn push(&mut self, item: T) -> usize { todo!() }\n}\n}\nfn after() {}\n\
        pub fn first<T: Ord + Copy>(xs: &[T], map: impl Fn(T) -> T) -> T { todo!() }\n\
        pub fn most<T: Ord + Copy>(xs: &[T]) -> Option<T> { todo!() }\n";
    let all = of(text, "push");
    assert_eq!(all[0], "Stack { items: vec![0i64] }.push(0i64)");
    assert_eq!(of(text, "first"), Vec::<String>::new(), "nobody makes functions");
    assert_eq!(of(text, "most")[0], "most(&[0i64][..])");
    let site = sites(Language::Rust, text).into_iter().find(|it| it.name() == "push").unwrap();
    let whole = with_calls(&site, text, &[]).unwrap();
    assert!(whole.ends_with(&text[text.find("}\nfn after").unwrap()..]), "{whole}");
}

#[test]
fn a_line_belongs_to_its_call() {
    let text = "pub fn twice(x: i32) -> i32 { todo!() }\n";
    let site = sites(Language::Rust, text).remove(0);
    let files = [("a.rs".to_owned(), text.to_owned())];
    let found = calls(&site, &files, 3);
    let whole = with_calls(&site, text, &found).unwrap();
    let line = |word: &str| whole.lines().position(|line| line.contains(word)).unwrap() + 1;
    assert_eq!(call_at(&whole, line("twice(1i32)")), Some(1));
    assert_eq!(call_at(&whole, line("twice((-1i32))")), Some(2));
    assert_eq!(call_at(&whole, line("zerr_makes_all_calls")), None);
    assert_eq!(call_at(&whole, 1), None);
}
