"""Typed values of the curriculum: random inputs, literals in both languages, one encoding for outputs.

A type is parsed from Rust text. Values are plain Python ones: Option is None or the value, a
Result's error is `Err(message)`.
"""

import dataclasses
import struct

WORDS = """ada bob grace linus alan hello world zerr tree river stone moon level noon radar apple
banana cloud garden window paper light green blue seven even odd kayak quiet rhythm Otto Eve Rust
Python AEIOU sky fly Maria Tom a I xyz""".split()
INTS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize")


@dataclasses.dataclass(frozen=True)
class Err:
    """The error of a Result: what Python raises as ValueError."""

    message: str


def parse(text):
    """Parse a Rust type of the supported kind into (kind, *inner)."""
    text = text.strip()
    if text in INTS:
        return ("int", text)
    if text in ("f64", "bool", "char"):
        return (text,)
    if text in ("&str", "String"):
        return ("str", text)
    if text.startswith("&[") and text.endswith("]"):
        return ("slice", parse(text[2:-1]))
    for name, kind in (("Vec<", "vec"), ("Option<", "option")):
        if text.startswith(name) and text.endswith(">"):
            return (kind, parse(text[len(name) : -1]))
    if text.startswith("Result<") and text.endswith(", String>"):
        return ("result", parse(text[7:-9]))
    raise ValueError(f"type {text!r} is not supported")


def python_type(kind):
    """The Python annotation for a type."""
    match kind[0]:
        case "slice" | "vec":
            return f"list[{python_type(kind[1])}]"
        case "option":
            return f"{python_type(kind[1])} | None"
        case "result":
            return python_type(kind[1])
        case other:
            return {"int": "int", "f64": "float", "bool": "bool"}.get(other, "str")


def draw(kind, rng, domain=None, hint=None):
    """A random value of a type; `domain` bounds integers, `hint` names a style of text or list."""
    match kind[0]:
        case "int":
            low, high = domain or ((0, 20) if kind[1][0] == "u" else (-20, 20))
            return rng.randint(low, high)
        case "f64":
            return rng.randint(-40, 160) / 4.0
        case "bool":
            return rng.random() < 0.5
        case "char":
            return rng.choice("0123456789az -" if hint == "digit" else "aelnoxz t")
        case "slice" | "vec":
            size = rng.choice([0, 1, 2, 3, 3, 4, 5])
            inner = (0, 4) if hint == "few" else None
            return [draw(kind[1], rng, domain=inner) for _ in range(size)]
        case "str":
            return draw_text(rng, hint)
    raise ValueError(f"no random values for {kind}")


def draw_text(rng, hint):
    """A random text in one of the styles that entries name."""
    word = rng.choice(WORDS)
    match hint:
        case "name":
            return rng.choice([word, word, word.lower(), ""])
        case "padded_name":
            pad = " " * rng.choice([0, 0, 1, 2])
            return pad + rng.choice([word, word.lower(), ""]) + " " * rng.choice([0, 1])
        case "digits":
            return rng.choice([str(rng.randint(0, 300)), str(rng.randint(0, 150)), word])
        case "pal":
            return rng.choice([word + word[::-1], word, word + "x" + word[::-1]])
        case "sentence":
            gap = rng.choice([" ", " ", "  "])
            return gap.join(rng.choice(WORDS) for _ in range(rng.randint(0, 4)))
    return rng.choice([word, f"{word} {rng.choice(WORDS)}", f" {word}", word.upper(), ""])


def quote(text):
    """A string literal with double quotes that both languages read."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '"' + escaped.replace("\n", "\\n") + '"'


def rust(value, kind):
    """A Rust literal."""
    match kind[0]:
        case "bool":
            return str(value).lower()
        case "char":
            return f"'{value}'"
        case "str":
            return quote(value)
        case "slice" | "vec":
            inner = ", ".join(rust(v, kind[1]) for v in value)
            return ("&[" if kind[0] == "slice" else "vec![") + inner + "]"
        case "option":
            return "None" if value is None else f"Some({rust(value, kind[1])})"
        case "result":
            if isinstance(value, Err):
                return f"Err({quote(value.message)})"
            return f"Ok({rust(value, kind[1])})"
    return repr(value)


def python(value, kind):
    """A Python literal."""
    match kind[0]:
        case "char" | "str":
            return quote(value)
        case "slice" | "vec":
            return "[" + ", ".join(python(v, kind[1]) for v in value) + "]"
        case "option":
            return "None" if value is None else python(value, kind[1])
        case "result":
            return python(value, kind[1])
    return repr(value)


def encode(value, kind):
    """One text for equal outputs in both languages; a value that does not fit its type is no match."""
    match kind[0]:
        case "int" if type(value) is int:
            return str(value)
        case "f64" if type(value) is float:
            return struct.pack(">d", value).hex()
        case "bool" if type(value) is bool:
            return str(value).lower()
        case "char" if type(value) is str and len(value) == 1:
            return value.encode().hex()
        case "str" if type(value) is str:
            return "s" + value.encode().hex()
        case "slice" | "vec" if type(value) is list:
            return "[" + ",".join(encode(v, kind[1]) for v in value) + "]"
        case "option":
            return "none" if value is None else f"some {encode(value, kind[1])}"
        case "result":
            if isinstance(value, Err):
                return f"err {value.message.encode().hex()}"
            return f"ok {encode(value, kind[1])}"
    return "unfit"


# The same encoding for Rust, as source text.
RUST_ENCODE = r"""
pub trait Enc { fn enc(&self) -> String; }
macro_rules! ints { ($($t:ty),*) => { $(impl Enc for $t { fn enc(&self) -> String { self.to_string() } })* } }
ints!(i8, i16, i32, i64, u8, u16, u32, u64, usize, bool);
fn hex(b: &[u8]) -> String { b.iter().map(|x| format!("{x:02x}")).collect() }
impl Enc for f64 { fn enc(&self) -> String { format!("{:016x}", self.to_bits()) } }
impl Enc for char { fn enc(&self) -> String { hex(self.to_string().as_bytes()) } }
impl Enc for String { fn enc(&self) -> String { format!("s{}", hex(self.as_bytes())) } }
impl<T: Enc> Enc for Vec<T> { fn enc(&self) -> String { format!("[{}]", self.iter().map(Enc::enc).collect::<Vec<_>>().join(",")) } }
impl<T: Enc> Enc for Option<T> { fn enc(&self) -> String { match self { None => "none".into(), Some(v) => format!("some {}", v.enc()) } } }
impl<T: Enc> Enc for Result<T, String> { fn enc(&self) -> String { match self { Err(m) => format!("err {}", hex(m.as_bytes())), Ok(v) => format!("ok {}", v.enc()) } } }
"""
