//! The line that names a function, its parameters and its result: [`Signature`].
//!
//! # Invariants
//! - [`parse`] of a signature's own [`Signature::text`] gives the same signature again.
//!
//! # Non-goals
//! - Methods, generics, `async`, `unsafe`, `extern`, default values: each is an error with a hint.

mod python;
mod rust;
mod types;

pub(crate) use python::read as read_python;
pub(crate) use rust::read as read_rust;
pub use types::{FloatKind, IntKind, ListForm, MapForm, SetForm, TypeExpr};

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// Longest signature that is looked at, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 8 * 1024;

/// A free function's signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signature {
    pub language: Language,
    pub name: String,
    pub params: Vec<Param>,
    pub returns: TypeExpr,
    /// One line as a prompt shows it: Rust without body or brace, Python with the colon.
    /// Visibility, `const` and lifetimes are kept; attributes and a parameter's `mut` are not.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    pub ty: TypeExpr,
    /// The function may change the caller's value (`&mut …`).
    pub mutable_ref: bool,
}

/// Why a text is not a signature zerr can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignatureError {
    pub message: String,
    /// Where in the text that was parsed.
    pub span: Span,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl SignatureError {
    pub(crate) fn new(
        message: impl Into<String>,
        span: impl Into<Span>,
        hint: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), span: span.into(), hint: hint.into() }
    }
}

impl Signature {
    /// The parameters' types, in order.
    pub fn param_types(&self) -> impl ExactSizeIterator<Item = &TypeExpr> {
        self.params.iter().map(|param| &param.ty)
    }

    /// Same name, parameters and result; how the line is spelled does not matter.
    pub fn same_shape(&self, other: &Self) -> bool {
        self.language == other.language
            && self.name == other.name
            && self.params == other.params
            && self.returns == other.returns
    }

    /// The names of declared types, in order of appearance, each once.
    pub fn named_types(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for ty in self.param_types().chain([&self.returns]) {
            for name in ty.named() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Reads one free function's signature. A body, a trailing `;`, `{` or `:` may be there or not.
///
/// # Errors
/// A text that is no signature, or one of the forms zerr does not write (see the module).
pub fn parse(language: Language, text: &str) -> Result<Signature, SignatureError> {
    if text.len() > SIGNATURE_BYTES_MAX {
        return Err(SignatureError::new(
            format!("signature is longer than {SIGNATURE_BYTES_MAX} bytes"),
            0..text.len(),
            "give only the line that names the function",
        ));
    }
    match language {
        Language::Rust => rust::parse(text),
        Language::Python => python::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(language: Language, text: &str, expect: &Expect) {
        let shown = match parse(language, text) {
            Ok(signature) => {
                assert_eq!(parse(language, &signature.text).as_ref(), Ok(&signature), "{text}");
                let types: Vec<String> = signature
                    .param_types()
                    .chain([&signature.returns])
                    .map(|ty| format!("{ty:?}"))
                    .collect();
                format!("{}\n{}", signature.text, types.join("\n"))
            }
            Err(error) => {
                format!("{}\n  at {:?}\n  {}", error, error.span.text(text), error.hint)
            }
        };
        expect.assert_eq(&shown);
    }

    fn rust(text: &str, expect: &Expect) {
        check(Language::Rust, text, expect);
    }

    fn python(text: &str, expect: &Expect) {
        check(Language::Python, text, expect);
    }

    #[test]
    fn rust_types_have_neutral_forms() {
        rust(
            "fn clamp_add(a: i32, b: i32) -> i32",
            &expect![[r#"
            fn clamp_add(a: i32, b: i32) -> i32
            Int(I32)
            Int(I32)
            Int(I32)"#]],
        );
        rust(
            "pub fn f<'a>( text : &'a str,mut n: usize ) -> Option<&'a str> {",
            &expect![[r#"
            pub fn f<'a>(text: &'a str, n: usize) -> Option<&'a str>
            Str { owned: false }
            Int(Usize)
            Option(Str { owned: false })"#]],
        );
        rust(
            "fn f(a: &[i64], b: &mut [u8], c: &mut Vec<f32>, d: [char; 3], e: &mut String, g: &Vec<bool>)",
            &expect![[r#"
                fn f(a: &[i64], b: &mut [u8], c: &mut Vec<f32>, d: [char; 3], e: &mut String, g: &Vec<bool>)
                List { item: Int(I64), form: Slice }
                List { item: Int(U8), form: MutSlice }
                List { item: Float(F32), form: MutVec }
                List { item: Char, form: Array(3) }
                Ref { mutable: true, inner: Str { owned: true } }
                Ref { mutable: false, inner: List { item: Bool, form: Vec } }
                Unit"#]],
        );
        rust(
            "fn f(a: std::collections::HashMap<String, (i8, u128)>, b: BTreeSet<i32>) -> Result<(), String> { todo!() }",
            &expect![[r#"
                fn f(a: std::collections::HashMap<String, (i8, u128)>, b: BTreeSet<i32>) -> Result<(), String>
                Map { key: Str { owned: true }, value: Tuple([Int(I8), Int(U128)]), form: Hash }
                Set { item: Int(I32), form: BTree }
                Result { ok: Unit, err: Str { owned: true } }"#]],
        );
        rust(
            "fn f(a: Shape, b: Vec<Box<dyn Fn(i32) -> i32>>, c: impl Iterator<Item = u8>, d: *const u8, e: geo::Point) -> (i32,);",
            &expect![[r#"
                fn f(a: Shape, b: Vec<Box<dyn Fn(i32) -> i32>>, c: impl Iterator<Item = u8>, d: *const u8, e: geo::Point) -> (i32,)
                Named("Shape")
                List { item: Opaque("Box<dyn Fn(i32) -> i32>"), form: Vec }
                Opaque("impl Iterator<Item = u8>")
                Opaque("*const u8")
                Opaque("geo::Point")
                Tuple([Int(I32)])"#]],
        );
    }

    #[test]
    fn python_types_have_neutral_forms() {
        python(
            "def add(a: int, b: int) -> int:",
            &expect![[r#"
            def add(a: int, b: int) -> int:
            Int(Big)
            Int(Big)
            Int(Big)"#]],
        );
        python(
            "def f(a: list[int],b: Dict[str,List[float]], c: set[ str ], d: frozenset[bytes]) -> None",
            &expect![[r#"
            def f(a: list[int], b: Dict[str, List[float]], c: set[str], d: frozenset[bytes]) -> None:
            List { item: Int(Big), form: PyList }
            Map { key: Str { owned: true }, value: List { item: Float(F64), form: PyList }, form: PyDict }
            Set { item: Str { owned: true }, form: PySet }
            Set { item: Bytes, form: PyFrozenSet }
            Unit"#]],
        );
        python(
            "def f(a: Optional[int], b: str | None, c: Union[None, int], d: int | str) -> bool: ...",
            &expect![[r#"
            def f(a: Optional[int], b: str | None, c: Union[None, int], d: int | str) -> bool:
            Option(Int(Big))
            Option(Str { owned: true })
            Option(Int(Big))
            Union([Int(Big), Str { owned: true }])
            Bool"#]],
        );
        python(
            "def f(a: list[int] | None, b: None | tuple[int, str], c: list[int | None]) -> dict[str, int] | None:",
            &expect![[r#"
            def f(a: list[int] | None, b: None | tuple[int, str], c: list[int | None]) -> dict[str, int] | None:
            Option(List { item: Int(Big), form: PyList })
            Option(Tuple([Int(Big), Str { owned: true }]))
            List { item: Option(Int(Big)), form: PyList }
            Option(Map { key: Str { owned: true }, value: Int(Big), form: PyDict })"#]],
        );
        python(
            "def f(a: tuple[int, str], b: tuple[int, ...], c: tuple[()], d: typing.Dict[str, int], e: list) -> \"Shape\":\n    return a",
            &expect![[r#"
            def f(a: tuple[int, str], b: tuple[int, ...], c: tuple[()], d: typing.Dict[str, int], e: list) -> "Shape":
            Tuple([Int(Big), Str { owned: true }])
            Tuples(Int(Big))
            Tuple([])
            Map { key: Str { owned: true }, value: Int(Big), form: PyDict }
            Opaque("list")
            Named("Shape")"#]],
        );
        python(
            "def f(\n    a: Color,  # red\n    b: Callable[[int], str],\n) -> Any:",
            &expect![[r#"
            def f(a: Color, b: Callable[[int], str]) -> Any:
            Named("Color")
            Opaque("Callable[[int], str]")
            Opaque("Any")"#]],
        );
    }

    #[test]
    fn what_is_not_supported_says_so_and_what_to_write() {
        rust(
            "fn f(&self) -> i32",
            &expect![[r#"
            methods are not supported
              at "&self"
              write a free function that takes the value as a parameter"#]],
        );
        rust(
            "fn f<T: Ord>(x: T) -> T",
            &expect![[r#"
            generic functions are not supported
              at "T: Ord"
              name the types"#]],
        );
        rust(
            "fn f<const N: usize>(x: [i32; N]) -> i32",
            &expect![[r#"
            generic functions are not supported
              at "const N: usize"
              name the types"#]],
        );
        rust(
            "async fn f()",
            &expect![[r#"
            async functions are not supported
              at "async"
              write a plain function"#]],
        );
        rust(
            "unsafe fn f()",
            &expect![[r#"
            unsafe functions are not supported
              at "unsafe"
              write a safe function"#]],
        );
        rust(
            "extern \"C\" fn f()",
            &expect![[r#"
            extern functions are not supported
              at "extern \"C\""
              write a plain function"#]],
        );
        rust(
            "fn f((a, b): (i32, i32)) -> i32",
            &expect![[r#"
            parameter `(a, b)` is a pattern
              at "(a, b)"
              give the parameter a plain name"#]],
        );
        rust(
            "fn f(a: i32, a: i32) -> i32",
            &expect![[r#"
            two parameters are named `a`
              at "a: i32"
              give each parameter its own name"#]],
        );
        rust(
            "fn f(a i32) -> i32",
            &expect![[r#"
            expected `:`
              at "i32"
              write a free function, such as `fn add(a: i32, b: i32) -> i32`"#]],
        );
        rust(
            "fn f(a: i32 -> i32",
            &expect![[r#"
            brackets do not match
              at ""
              write a free function, such as `fn add(a: i32, b: i32) -> i32`"#]],
        );
        rust(
            "fn f() -> i32 fn g()",
            &expect![[r#"
            text after the signature
              at "fn"
              write a free function, such as `fn add(a: i32, b: i32) -> i32`"#]],
        );
        rust(
            "struct X;",
            &expect![[r#"
            expected `fn`
              at "struct"
              write a free function, such as `fn add(a: i32, b: i32) -> i32`"#]],
        );
        rust(
            "",
            &expect![[r#"
            unexpected end of input, expected `fn`
              at ""
              write a free function, such as `fn add(a: i32, b: i32) -> i32`"#]],
        );
        python(
            "def f(x: int):",
            &expect![[r#"
            missing return type
              at "(x: int)"
              add `-> …` before the colon, `-> None` where `f` returns nothing"#]],
        );
        python(
            "def f(x) -> int:",
            &expect![[r#"
            missing type of parameter `x`
              at "x"
              annotate it, such as `x: int`"#]],
        );
        python(
            "def f(self, x: int) -> int:",
            &expect![[r#"
            methods are not supported
              at "self"
              write a free function that takes the value as a parameter"#]],
        );
        python(
            "def f(x: int = 3) -> int:",
            &expect![[r#"
            default values are not supported
              at "x: int = 3"
              leave the default out and pass every argument"#]],
        );
        python(
            "def f(*args: int) -> int:",
            &expect![[r#"
            `*args` and `**kwargs` are not supported
              at "*args: int"
              take a list or a dict"#]],
        );
        python(
            "def f(*, x: int) -> int:",
            &expect![[r#"
            `*` between parameters is not supported
              at "*"
              name the parameters one after another"#]],
        );
        python(
            "async def f() -> int:",
            &expect![[r#"
            async functions are not supported
              at "async"
              write a plain function"#]],
        );
        python(
            "def f[T](x: T) -> T:",
            &expect![[r#"
            generic functions are not supported
              at "[T]"
              name the types"#]],
        );
        python(
            "@cache\ndef f(x: int) -> int:",
            &expect![[r#"
            decorators are not supported
              at "@cache\ndef f(x: int) -> int:"
              write a function with annotations, such as `def add(a: int, b: int) -> int:`"#]],
        );
        python(
            "def f(x: int -> int:",
            &expect![[r#"
            unexpected `def f(x: int -> int:`
              at "def f(x: int -> int:"
              write a function with annotations, such as `def add(a: int, b: int) -> int:`"#]],
        );
        python(
            "class X: pass",
            &expect![[r#"
            classes are not supported
              at "class X: pass"
              write a function with annotations, such as `def add(a: int, b: int) -> int:`"#]],
        );
        python(
            "",
            &expect![[r#"
            no signature
              at ""
              write a function with annotations, such as `def add(a: int, b: int) -> int:`"#]],
        );
    }

    #[test]
    fn spelling_does_not_matter_for_the_shape() {
        let parse = |text| parse(Language::Rust, text).unwrap();
        let one = parse("fn f(m: HashMap<u8, u8>, mut x: i32)");
        let other = parse("pub fn f(m: std::collections::HashMap<u8,u8>, x: i32) -> ()");
        assert!(one.same_shape(&other));
        assert!(!one.same_shape(&parse("fn f(m: HashMap<u8, u8>, y: i32)")));
    }

    #[test]
    fn a_signature_too_deep_or_too_long_is_refused() {
        let deep = format!("fn f(x: {}i32{})", "Vec<".repeat(1500), ">".repeat(1500));
        assert!(parse(Language::Rust, &deep).is_err());
        let deep = format!("def f(x: {}int{}) -> int:", "list[".repeat(1000), "]".repeat(1000));
        assert!(parse(Language::Python, &deep).is_err());
        assert!(parse(Language::Rust, &" ".repeat(SIGNATURE_BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_text_makes_it_panic(text in "(fn|def|pub)? ?[a-z]{0,3}[(<]?[\\PC\n]{0,40}[)>]?( -> )?[\\PC\n]{0,20}") {
            for language in Language::ALL {
                if let Ok(signature) = parse(language, &text) {
                    prop_assert_eq!(parse(language, &signature.text), Ok(signature));
                }
            }
        }
    }
}
