"""Typed values of the curriculum: random inputs, literals in both languages, one encoding for outputs.

A type is parsed from Rust text. Values are plain Python ones: Option is None or the value, a
Result's error is `Err(message)`. `lift` reads a value as JSON and YAML hold it (a tuple or set is a
list, a map is an object or a list of pairs), `lower` is its inverse.
"""

import dataclasses
import functools
import struct

WORDS = """ada bob grace linus alan hello world zerr tree river stone moon level noon radar apple
banana cloud garden window paper light green blue seven even odd kayak quiet rhythm Otto Eve Rust
Python AEIOU sky fly Maria Tom a I xyz""".split()
INTS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize")


@dataclasses.dataclass(frozen=True)
class Err:
    """The error of a Result: what Python raises as ValueError."""

    message: str


@functools.cache
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
    if text.startswith("&BTree"):
        return ("ref", parse(text[1:]))
    if text.startswith("(") and text.endswith(")"):
        return ("tuple", *(parse(part) for part in split(text[1:-1])))
    if text.startswith("BTreeMap<") and text.endswith(">"):
        key, item = split(text[9:-1])
        return ("map", parse(key), parse(item))
    for name, kind in (("Vec<", "vec"), ("Option<", "option"), ("BTreeSet<", "set")):
        if text.startswith(name) and text.endswith(">"):
            return (kind, parse(text[len(name) : -1]))
    if text.startswith("Result<") and text.endswith(", String>"):
        return ("result", parse(text[7:-9]))
    raise ValueError(f"type {text!r} is not supported")


def split(text):
    """Parts of a text between commas that stand in no bracket."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "(<[") - (char in ")>]")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def lift(value, kind):
    """A value out of what JSON or YAML hold."""
    match kind[0]:
        case "ref":
            return lift(value, kind[1])
        case "tuple":
            return tuple(lift(v, k) for v, k in zip(value, kind[1:], strict=True))
        case "slice" | "vec":
            return [lift(v, kind[1]) for v in value]
        case "set":
            return {lift(v, kind[1]) for v in value}
        case "map":
            pairs = value.items() if isinstance(value, dict) else value
            return {lift(k, kind[1]): lift(v, kind[2]) for k, v in pairs}
        case "option":
            return None if value is None else lift(value, kind[1])
        case "result":
            return Err(value["err"]) if isinstance(value, dict) and "err" in value else lift(value, kind[1])
        case "f64":
            return float(value)
    return value


def lower(value, kind):
    """The value as JSON holds it."""
    match kind[0]:
        case "ref":
            return lower(value, kind[1])
        case "tuple":
            return [lower(v, k) for v, k in zip(value, kind[1:])]
        case "slice" | "vec":
            return [lower(v, kind[1]) for v in value]
        case "set":
            return [lower(v, kind[1]) for v in sorted(value)]
        case "map":
            return [[lower(k, kind[1]), lower(v, kind[2])] for k, v in sorted(value.items())]
        case "option":
            return None if value is None else lower(value, kind[1])
        case "result":
            return {"err": value.message} if isinstance(value, Err) else lower(value, kind[1])
    return value


def python_type(kind):
    """The Python annotation for a type."""
    match kind[0]:
        case "ref":
            return python_type(kind[1])
        case "tuple":
            return f"tuple[{', '.join(python_type(k) for k in kind[1:])}]"
        case "map":
            return f"dict[{python_type(kind[1])}, {python_type(kind[2])}]"
        case "set":
            return f"set[{python_type(kind[1])}]"
        case "slice" | "vec":
            return f"list[{python_type(kind[1])}]"
        case "option":
            return f"{python_type(kind[1])} | None"
        case "result":
            return python_type(kind[1])
        case other:
            return {"int": "int", "f64": "float", "bool": "bool"}.get(other, "str")


def draw(kind, rng, domain=None, hint=None):
    """A random value of a type; `domain` bounds integers, `hint` names a style of text or list.

    A hint that is a list holds the values to choose from; those of a list are drawn item by item.
    """
    if isinstance(hint, list) and kind[0] not in ("slice", "vec"):
        return lift(rng.choice(hint), kind)
    match kind[0]:
        case "ref":
            return draw(kind[1], rng, domain, hint)
        case "tuple":
            return tuple(draw(k, rng, domain, hint) for k in kind[1:])
        case "map":
            return {draw(kind[1], rng, domain, hint): draw(kind[2], rng, domain, hint) for _ in range(rng.randint(0, 4))}
        case "set":
            return {draw(kind[1], rng, domain, hint) for _ in range(rng.randint(0, 4))}
        case "option":
            return None if rng.random() < 0.3 else draw(kind[1], rng, domain, hint)
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
            inner = (0, 4) if hint == "few" else domain
            drawn = [draw(kind[1], rng, inner, None if hint == "few" else hint) for _ in range(size)]
            return sorted(drawn) if hint == "sorted" else drawn
        case "str":
            return draw_text(rng, hint)
    raise ValueError(f"no random values for {kind}")


def extreme(kind, rng):
    """A value at the end of its type."""
    match kind[0]:
        case "int":
            bits = {"usize": 64}.get(kind[1]) or int(kind[1][1:])
            low, high = (0, 2**bits - 1) if kind[1][0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
            return rng.choice([low, high, high - 1, 0, 1])
        case "char":
            return rng.choice("éß日\t\n'\"Z")
        case "str":
            return rng.choice(["", "é", "straße", "日本 語", "\t", "a\nb", " x  y ", "ABC", "a,b=c&d:e;f", "-0", "+5", "9" * 30, '"q"', "<a&b>"])
        case "slice" | "vec":
            return [extreme(kind[1], rng) for _ in range(rng.choice([0, 1, 2, 3]))]
        case "ref":
            return extreme(kind[1], rng)
        case "tuple":
            return tuple(extreme(k, rng) for k in kind[1:])
        case "map":
            return {extreme(kind[1], rng): extreme(kind[2], rng) for _ in range(2)}
        case "set":
            return {extreme(kind[1], rng) for _ in range(2)}
        case "option":
            return None if rng.random() < 0.3 else extreme(kind[1], rng)
    return draw(kind, rng)


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
        case "word":
            return word.lower()
        case "number":
            return rng.choice([str(rng.randint(-20, 300)), "0", "-7", "007", "", "-", "x1", " 5"])
        case "lines":
            return "\n".join(rng.choice([rng.choice(WORDS), "", f"{rng.choice(WORDS)} {rng.choice(WORDS)}"]) for _ in range(rng.randint(0, 3)))
        case "pairs":
            parts = [rng.choice([f"{rng.choice('abc')}={rng.choice(WORDS)}", f"{rng.choice('abc')}=", rng.choice("xyz")]) for _ in range(rng.randint(0, 3))]
            return "&".join(parts)
        case "csv":
            return ",".join(rng.choice([rng.choice(WORDS), str(rng.randint(0, 99)), "", " a "]) for _ in range(rng.randint(0, 4)))
        case "brackets":
            return "".join(rng.choice("()[]{}") for _ in range(rng.randint(0, 6)))
    return rng.choice([word, f"{word} {rng.choice(WORDS)}", f" {word}", word.upper(), ""])


def quote(text):
    """A string literal with double quotes that both languages read."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    return '"' + escaped.replace("\n", "\\n") + '"'


def ordered(items):
    """Items of a set or pairs of a map as zerr-core orders them: by the texts that they are encoded as."""
    def text(item):
        key = item[0] if isinstance(item, tuple) else item
        return quote(key) if isinstance(key, str) else f'{key}"'

    return sorted(items, key=text)


def rust(value, kind, owned=False):
    """A Rust literal as prompts show it; `owned` as the compiler wants it."""
    match kind[0]:
        case "ref":
            return "&" + rust(value, kind[1], owned)
        case "tuple":
            return "(" + ", ".join(rust(v, k, owned) for v, k in zip(value, kind[1:])) + ")"
        case "map":
            pairs = ", ".join(f"({rust(k, kind[1], owned)}, {rust(v, kind[2], owned)})" for k, v in ordered(value.items()))
            return f"BTreeMap::from([{pairs}])"
        case "set":
            return f"BTreeSet::from([{', '.join(rust(v, kind[1], owned) for v in ordered(value))}])"
        case "bool":
            return str(value).lower()
        case "char":
            return "'" + {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(value, value) + "'"
        case "int" if kind[1] not in ("i8", "u8"):
            bits = 64 if kind[1] == "usize" else int(kind[1][1:])
            low, high = (0, 2**bits - 1) if kind[1][0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
            return f"{kind[1]}::MAX" if value == high else f"{kind[1]}::MIN" if value == low and low < 0 else str(value)
        case "str":
            return quote(value) + (".to_string()" if owned and kind[1] == "String" else "")
        case "slice" | "vec":
            inner = ", ".join(rust(v, kind[1], owned) for v in value)
            return ("&[" if kind[0] == "slice" else "vec![") + inner + "]"
        case "option":
            return "None" if value is None else f"Some({rust(value, kind[1], owned)})"
        case "result":
            if isinstance(value, Err):
                return f"Err({quote(value.message)})"
            return f"Ok({rust(value, kind[1], owned)})"
    return repr(value)


def python(value, kind):
    """A Python literal."""
    match kind[0]:
        case "ref":
            return python(value, kind[1])
        case "tuple":
            return "(" + ", ".join(python(v, k) for v, k in zip(value, kind[1:])) + ")"
        case "map":
            return "{" + ", ".join(f"{python(k, kind[1])}: {python(v, kind[2])}" for k, v in ordered(value.items())) + "}"
        case "set":
            return "{" + ", ".join(python(v, kind[1]) for v in ordered(value)) + "}" if value else "set()"
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
        case "tuple" if type(value) is tuple and len(value) == len(kind) - 1:
            return "(" + ",".join(encode(v, k) for v, k in zip(value, kind[1:])) + ")"
        case "set" if type(value) is set:
            return "{" + ",".join(encode(v, kind[1]) for v in sorted(value)) + "}"
        case "map" if type(value) is dict:
            return "{" + ",".join(f"{encode(k, kind[1])}:{encode(v, kind[2])}" for k, v in sorted(value.items())) + "}"
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
impl<T: Enc> Enc for std::collections::BTreeSet<T> { fn enc(&self) -> String { format!("{{{}}}", self.iter().map(Enc::enc).collect::<Vec<_>>().join(",")) } }
impl<K: Enc, V: Enc> Enc for std::collections::BTreeMap<K, V> { fn enc(&self) -> String { format!("{{{}}}", self.iter().map(|(k, v)| format!("{}:{}", k.enc(), v.enc())).collect::<Vec<_>>().join(",")) } }
impl Enc for () { fn enc(&self) -> String { "()".into() } }
impl Enc for &str { fn enc(&self) -> String { self.to_string().enc() } }
macro_rules! tuples { ($($($t:ident)+;)*) => { $(impl<$($t: Enc),+> Enc for ($($t,)+) { #[allow(non_snake_case)] fn enc(&self) -> String { let ($($t,)+) = self; format!("({})", [$($t.enc()),+].join(",")) } })* } }
tuples!(A; A B; A B C; A B C D; A B C D E;);
impl<T: Enc> Enc for Option<T> { fn enc(&self) -> String { match self { None => "none".into(), Some(v) => format!("some {}", v.enc()) } } }
impl<T: Enc> Enc for Result<T, String> { fn enc(&self) -> String { match self { Err(m) => format!("err {}", hex(m.as_bytes())), Ok(v) => format!("ok {}", v.enc()) } } }
"""
