//! What the deny-scan must see through, and what it must leave alone.

use super::*;

fn rust_fn(body: &str) -> String {
    format!("fn f(x: i32, s: &str, v: &[i32]) -> i32 {{ {body} }}")
}

fn python_fn(body: &str) -> String {
    format!("def f(x: int, s: str, v: list[int]) -> int:\n    {}\n", body.replace('\n', "\n    "))
}

/// Every body is refused, and none because it does not parse.
fn refused(language: Language, bodies: &[&str], wrap: fn(&str) -> String) {
    for body in bodies {
        let found = scan(language, &wrap(body), &Policy::default());
        assert!(!found.is_empty(), "passes: {body}");
        let unread = found.iter().any(|violation| violation.why.contains("cannot be read"));
        assert!(!unread, "does not parse: {body} {found:?}");
    }
}

fn passes(language: Language, bodies: &[&str], wrap: fn(&str) -> String) {
    let policy = Policy { allowed_calls: vec!["given".to_owned()], ..Policy::default() };
    for body in bodies {
        let found = scan(language, &wrap(body), &policy);
        assert!(found.is_empty(), "refused: {body}\n{found:?}");
    }
}

#[test]
fn rust_that_reaches_out_is_refused() {
    refused(
        Language::Rust,
        &[
            // Language.
            "unsafe { *(x as *const i32) }",
            "let p = &x as *const i32 as usize; p as i32",
            "let p = &raw const x; 1",
            "static mut N: i32 = 0; 1",
            "static N: std::cell::Cell<i32> = std::cell::Cell::new(0); 1",
            "extern \"C\" { fn getpid() -> i32; } 1",
            "extern crate libc; 1",
            "async { 1 }; 1",
            "mod m { pub fn g() {} } 1",
            "#[path = \"/etc/passwd\"] mod m; 1",
            "union U { a: i32, b: f32 } 1",
            "macro_rules! m { () => { 1 } } m!()",
            // Attributes.
            "#[no_mangle] fn main() {} 1",
            "#[unsafe(no_mangle)] fn g() {} 1",
            "#[export_name = \"main\"] fn g() {} 1",
            "#[link_section = \".init_array\"] fn g() {} 1",
            "#[cfg(target_os = \"linux\")] let y = 1; 1",
            "#[cfg_attr(all(), path = \"x\")] struct A; 1",
            "#[doc = include_str!(\"/etc/passwd\")] fn g() {} 1",
            "#[derive(serde::Serialize)] struct A; 1",
            "#[allow(unused, reason = env!(\"HOME\"))] let y = 1; 1",
            "#[global_allocator] const A: i32 = 1; 1",
            // Macros.
            "include_str!(\"/etc/passwd\").len() as i32",
            "std::include_bytes!(\"/etc/passwd\").len() as i32",
            "core::include!(\"x.rs\"); 1",
            "env!(\"HOME\").len() as i32",
            "option_env!(\"HOME\").map_or(0, |h| h.len() as i32)",
            "println!(\"ok\"); 1",
            "eprint!(\"ok\"); 1",
            "dbg!(x)",
            "todo!()",
            "unimplemented!(\"later\")",
            "std::arch::asm!(\"nop\"); 1",
            "thread_local! { static N: u8 = 1; } 1",
            "compile_error!(\"x\"); 1",
            "file!().len() as i32",
            "cfg!(debug_assertions) as i32",
            // Inside of allowed macros.
            "vec![std::fs::read(\"x\").unwrap().len()].len() as i32",
            "format!(\"{}\", include_str!(\"/etc/passwd\")).len() as i32",
            "format!(\"{:?}\", vec![format!(\"{}\", env!(\"HOME\"))]).len() as i32",
            "assert!(std::process::id() > 0); 1",
            "matches!(std::env::var(\"HOME\"), Ok(_)) as i32",
            "vec![{ use std::fs as g; g::read(\"x\").unwrap().len() }].len() as i32",
            "format!(\"{x:p}\").len() as i32",
            "format!(\"{:p}\", &x).len() as i32",
            "format!(\"{SECRET}\").len() as i32",
            "format!(\"{0:>secret$}\", x).len() as i32",
            "panic!(\"{secret}\")",
            "vec![unsafe { 1 }].len() as i32",
            // Paths.
            "std::fs::read(\"x\").unwrap().len() as i32",
            "::std::fs::read(\"x\").unwrap().len() as i32",
            "core::mem::size_of::<std::fs::File>() as i32",
            "std::process::exit(0)",
            "std::process::abort()",
            "if x > 0 { return 1 } ::std::process::exit(0)",
            "match x { 0 => ::std::process::exit(0), _ => 1 }",
            "return ::std::process::id() as i32",
            "(0..std::process::id()).count() as i32",
            "(0..=std::process::id()).count() as i32",
            "std::env::args().count() as i32",
            "std::net::TcpStream::connect(\"x:1\").is_ok() as i32",
            "std::thread::sleep(std::time::Duration::MAX); 1",
            "std::time::Instant::now().elapsed().as_millis() as i32",
            "std::time::SystemTime::now(); 1",
            "std::io::stdin().lines().count() as i32",
            "std::io::Write::flush(&mut std::io::stdout()).is_ok() as i32",
            "std::path::Path::new(s).exists() as i32",
            "std::ptr::null::<i32>().is_null() as i32",
            "std::mem::transmute::<u32, i32>(1)",
            "std::mem::zeroed::<i32>()",
            "std::alloc::System; 1",
            "std::any::type_name::<i32>().len() as i32",
            "std::panic::catch_unwind(|| 1).unwrap()",
            "std::panic::Location::caller().line() as i32",
            "std::hash::RandomState::new(); 1",
            "std::collections::hash_map::RandomState::new(); 1",
            "std::sync::atomic::AtomicI32::new(1).into_inner()",
            "std::backtrace::Backtrace::capture(); 1",
            "std::os::raw::c_int::MAX",
            "std::ffi::CString::new(s).is_ok() as i32",
            "<std::fs::File as std::io::Read>::by_ref; 1",
            "let g: fn(i32) -> ! = std::process::exit; g(0)",
            "r#std::fs::read(\"x\").is_ok() as i32",
            "std::r#fs::read(\"x\").is_ok() as i32",
            "std :: /* hidden */ fs :: read(\"x\").is_ok() as i32",
            "crate::harness::SECRET",
            "super::secret()",
            "self::secret()",
            "harness::secret()",
            "type F = std::fs::File; 1",
            "let v = s.as_ptr() as usize; v as i32",
            "Box::leak(Box::new(x)); 1",
            // Imports.
            "use std::fs; fs::read(\"x\").is_ok() as i32",
            "use std as q; q::fs::read(\"x\").is_ok() as i32",
            "use std::{self as q}; q::fs::read(\"x\").is_ok() as i32",
            "use ::std as q; q::fs::read(\"x\").is_ok() as i32",
            "use std::*; fs::read(\"x\").is_ok() as i32",
            "use std::{cmp::max, fs::read}; read(\"x\").is_ok() as i32",
            "use std::{cmp, process::{self, exit as max}}; max(1)",
            "use std::mem as m; m::transmute::<u32, i32>(1)",
            "use M::transmute as t; use std::mem as M; t::<u32, i32>(1)",
            "use std::mem::*; transmute::<u32, i32>(1)",
            "use std::collections as std; std::fs::read(\"x\").is_ok() as i32",
            "use std::include_str as format; format!(\"/etc/passwd\").len() as i32",
            "use std::println as vec; vec![\"ok\"]; 1",
            "use std::prelude::v1::*; 1",
            "use core::arch::x86_64::_rdtsc; 1",
            "use super::*; secret()",
            "use crate::*; 1",
            "use std::time::{Duration, Instant}; Instant::now(); 1",
            "use libc::getpid; 1",
            "use std::io::*; 1",
            // Items.
            "struct A; impl Drop for A { fn drop(&mut self) {} } 1",
            "impl PartialEq for Shape { fn eq(&self, _: &Shape) -> bool { true } } 1",
            "impl Foo for i32 {} 1",
            "secret()",
            "SECRET",
            "match x { SECRET => 1, _ => 0 }",
            "v.iter().map(secret).sum()",
            "let \u{17f}td = 1; 1",
        ],
        rust_fn,
    );
}

#[test]
fn ordinary_rust_passes() {
    passes(
        Language::Rust,
        &[
            "x + 1",
            "let mut total = 0; for y in v { total += y; } total",
            "v.iter().copied().max().unwrap_or(i32::MIN)",
            "v.iter().map(|y| y * y).filter(|y| y % 2 == 0).sum()",
            "s.chars().filter(|c| matches!(c, 'a' | 'e' | 'i' if true)).count() as i32",
            "let t = format!(\"{s}-{x:>5}-{:.2}-{{x}}\", 1.5); t.len() as i32",
            "let width = 3; format!(\"{x:width$}\").len() as i32",
            "format!(\"{total}\", total = x).len() as i32",
            "use std::collections::HashMap; let mut m: HashMap<char, usize> = HashMap::new(); for c in s.chars() { *m.entry(c).or_insert(0) += 1; } m.len() as i32",
            "use std::collections::{BTreeMap, HashSet, VecDeque}; let q: VecDeque<i32> = VecDeque::new(); let _: (BTreeMap<i32, i32>, HashSet<i32>) = Default::default(); q.len() as i32",
            "use std::collections::*; let q = VecDeque::from([1]); q.len() as i32",
            "use std::cmp; cmp::max(x, 1)",
            "use std::cmp::{max, min as least, Ordering}; match x.cmp(&1) { Ordering::Less => max(x, 1), _ => least(x, 2) }",
            "std::cmp::max(x, core::cmp::min(1, 2))",
            "let mut a = 1; let mut b = 2; std::mem::swap(&mut a, &mut b); use std::mem; mem::take(&mut a) + b",
            "use std::fmt::Write; let mut o = String::new(); write!(o, \"{}\", x).unwrap(); writeln!(&mut o, \"{x}\").ok(); o.len() as i32",
            "fn gcd(a: i32, b: i32) -> i32 { if b == 0 { a } else { gcd(b, a % b) } } gcd(x, 12)",
            "#[derive(Debug, Clone, PartialEq)] struct P { a: i32 } impl P { const ZERO: i32 = 0; fn new(a: i32) -> Self { Self { a } } } P::new(x).a + P::ZERO",
            "enum T { A, B(i32) } use T::*; match (if x > 0 { A } else { B(1) }) { A => 1, B(y) => y }",
            "struct R(i32); impl Iterator for R { type Item = i32; fn next(&mut self) -> Option<i32> { self.0 -= 1; (self.0 > 0).then_some(self.0) } } R(x).sum()",
            "const LIMIT: i32 = 10; if x > LIMIT { LIMIT } else { x }",
            "let helper = |y: i32| y + 1; helper(helper(x))",
            "let Some(first) = v.first() else { return 0; }; *first",
            "if let [a, .., b] = v { a + b } else if !v.is_empty() { return !x } else { -1 }",
            "'outer: loop { for y in 0..x { if y == 3 { break 'outer y; } } return 0; }",
            "s.parse::<i32>().map_err(|e| e.to_string()).unwrap_or(0)",
            "given(x) + drop(1).eq(&()) as i32",
            "assert!(x > 0, \"bad {x}\"); assert_eq!(x, 1, \"{}\", s); debug_assert!(true); unreachable!(\"{x}\")",
            "panic!(\"negative: {}\", x)",
            "std::iter::successors(Some(x), |y| (*y > 1).then_some(y / 2)).count() as i32",
            "let r: Result<i32, std::num::ParseIntError> = s.parse(); r.unwrap_or_default()",
            "i32::from_str_radix(s, 2).unwrap_or(i32::MAX).wrapping_add(u8::MAX as i32)",
            "let b = [1u8, b'a', 0x1f]; b.iter().map(|&y| y as i32).sum::<i32>() & x * 2",
            "let words: Vec<&str> = s.split_whitespace().collect(); words.concat().len() as i32",
            "vec![vec![0; 3]; 2].into_iter().flatten().sum()",
            "char::from_digit(x as u32, 10).map_or(0, |c| c as i32) + f64::consts_like()",
            "str::from_utf8(&[65]).map_or(0, |t| t.len() as i32)",
            "#[allow(clippy::cast_possible_wrap)] #[inline] fn g<const N: usize>(a: [i32; N]) -> usize { N + a.len() } g([1]) as i32",
            "let raw = r#\"{ \"a\": {x} }\"#; raw.len() as i32",
            "std::f64::consts::PI.floor() as i32 + std::convert::identity(x)",
            "let union = v.len(); let loc = std::rc::Rc::new(std::cell::RefCell::new(union)); *loc.borrow() as i32",
            "let r#type = x; r#type",
        ],
        rust_fn,
    );
}

#[test]
fn python_that_reaches_out_is_refused() {
    refused(
        Language::Python,
        &[
            // Builtins.
            "exec('x = 1')\nreturn x",
            "return eval(s)",
            "return compile(s, '', 'eval')",
            "return __import__('os').getpid()",
            "return len(open('/etc/passwd').read())",
            "return int(input())",
            "print('ok')\nreturn 1",
            "return len(globals())",
            "return len(locals())",
            "return len(vars())",
            "return len(dir())",
            "return getattr(s, '__cl' + 'ass__')",
            "setattr(s, 'a', 1)\nreturn 1",
            "delattr(s, 'a')\nreturn 1",
            "breakpoint()\nreturn 1",
            "exit(0)",
            "quit()",
            "raise SystemExit(0)",
            "try:\n    return 1\nexcept BaseException:\n    return 2",
            "return id(x)",
            "help(x)\nreturn 1",
            "return list(map(eval, [s]))[0]",
            "e = eval\nreturn e(s)",
            "return [eval for eval in ()] or eval(s)",
            "return (lambda eval=eval: eval(s))()",
            "class A:\n    eval = 1\nreturn eval(s)",
            "return type('X', (int,), {})(1)",
            "return type(*v)",
            // Names from outside.
            "return SECRET",
            "return [SECRET for SECRET in [SECRET]][0]",
            "return sum(x for x in SECRET)",
            "return other(x)",
            "global SECRET\nreturn 1",
            "return __name__",
            "return __builtins__",
            "return len(__file__)",
            "return \u{ff45}val(s)",
            // Attributes.
            "return s.__class__",
            "return ().__class__.__base__.__subclasses__()",
            "return f.__globals__",
            "return (x for x in v).gi_frame",
            "return (x for x in v).gi_frame.f_back",
            "try:\n    pass\nexcept Exception as e:\n    return e.__traceback__.tb_frame",
            "match s:\n    case object(__class__=c):\n        return c\nreturn 1",
            "match (y for y in v):\n    case object(gi_frame=c):\n        return c\nreturn 1",
            "return '{0.__class__}'.format(s)",
            "return ('{0.__cl' 'ass__}').format(s)",
            "return '{0\\x2e__class__}'.format(s)",
            "return '{0[a]}'.format(s)",
            "return s.format(x)",
            "return ('{0.' + s).format(x)",
            "return str.format(s, x)",
            "return s.format_map({})",
            "return f'{s.__class__}'",
            "return f'{x:{s.__class__}}'",
            "return f'{eval(s)}'",
            "return x._secret",
            // Modules.
            "import os\nreturn os.getpid()",
            "import os as math\nreturn math.getpid()",
            "import sys\nsys.exit(0)",
            "import subprocess\nreturn 1",
            "from os import getpid\nreturn getpid()",
            "from os import getpid as sqrt\nreturn sqrt()",
            "import math, ctypes\nreturn 1",
            "import gc\nreturn 1",
            "import inspect\nreturn 1",
            "import importlib\nreturn 1",
            "import builtins\nreturn 1",
            "import socket\nreturn 1",
            "import random\nreturn random.randint(0, 1)",
            "import time\nreturn time.time()",
            "import datetime\nreturn 1",
            "import pickle\nreturn 1",
            "import threading\nreturn 1",
            "import pathlib\nreturn 1",
            "from . import harness\nreturn 1",
            "from math import *\nreturn 1",
            "import typing\ntyping.sys.exit(0)",
            "from typing import sys\nsys.exit(0)",
            "import typing as t\nreturn t.sys",
            "import re\nreturn re.enum",
            "import typing\nm = typing\nm.sys.exit(0)",
            "import collections.abc\nreturn collections.abc.sys",
            "import collections\nreturn collections._sys",
            "from operator import attrgetter\nreturn attrgetter('__class__')(s)",
            "import operator\nreturn operator.methodcaller('x')(s)",
            "import functools\nreturn functools.wraps",
            "from string import Formatter\nreturn 1",
            "from decimal import getcontext\ngetcontext().prec = 3\nreturn 1",
            "from dataclasses import make_dataclass\nreturn 1",
            "import json\njson.dump(1, s)\nreturn 1",
            // Forms.
            "async def g(): pass\nreturn 1",
            "yield 1",
            "@exit\ndef g(): pass\nreturn 1",
            "class A(int): pass\nreturn A(1)",
            "class A(metaclass=type): pass\nreturn 1",
            "class A:\n    def __del__(self): pass\nreturn 1",
            "class A:\n    def __getattr__(self, n): return 1\nreturn 1",
            "class A:\n    def __class_getitem__(cls, n): return 1\nreturn 1",
            "print >> s, 'x'\nreturn 1",
            "if x: exec('y')\nreturn 1",
            "return (lambda: open)()('x')",
            "def g(a=open): return a\nreturn g()('x')",
            "with open('x') as h: return 1",
            "return s.modules",
        ],
        python_fn,
    );
    let cookie = "# -*- coding: utf-7 -*-\ndef f(x: int) -> int:\n    return x\n";
    assert!(!scan(Language::Python, cookie, &Policy::default()).is_empty());
    let annotation = "def f(x: open('/etc/passwd')) -> int:\n    return x\n";
    assert!(!scan(Language::Python, annotation, &Policy::default()).is_empty());
}

#[test]
fn ordinary_python_passes() {
    passes(
        Language::Python,
        &[
            "return x + 1",
            "\"\"\"Adds __all__.\"\"\"\nreturn x",
            "total = 0\nfor i, y in enumerate(v):\n    total += i * y\nreturn total",
            "return sum(y * y for y in v if y % 2 == 0)",
            "return max((y for y in v), default=0)",
            "import math\nreturn math.isqrt(x) + int(math.pi)",
            "import math as m\nreturn m.gcd(x, 12)",
            "from math import sqrt, gcd as g\nreturn g(x, int(sqrt(4)))",
            "import re\nreturn len(re.findall(r'[a-z]+', s))",
            "from collections import Counter, defaultdict, deque\nc = Counter(s)\nd = defaultdict(list)\nd[x].append(1)\nq = deque([1])\nq.popleft()\nreturn c.most_common(1)[0][1]",
            "from itertools import groupby, chain\nreturn len([k for k, _ in groupby(v)]) + len(list(chain(v, v)))",
            "from functools import lru_cache, reduce\n@lru_cache(maxsize=None)\ndef fib(n: int) -> int:\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\nreturn fib(x) + reduce(lambda a, b: a * b, v, 1)",
            "import functools\n@functools.cache\ndef go(i):\n    return i\nreturn go(x)",
            "from typing import List, Dict, Optional\nout: List[int] = []\nseen: Dict[int, int] = {}\nlast: Optional[int] = None\nreturn len(out) + len(seen)",
            "seen: List[int] = []\nreturn len(seen)",
            "from heapq import heappush, heappop\nh = []\nheappush(h, x)\nreturn heappop(h)",
            "import bisect\nreturn bisect.bisect_left(v, x)",
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n    b: int = 0\np = P(x)\nreturn p.a + p.b",
            "class Node:\n    def __init__(self, a):\n        self.a = a\n        self._next = None\n    def __lt__(self, other):\n        return self.a < other.a\n    def walk(self):\n        return self._next or self.a\nreturn Node(x).walk()",
            "class Bad(ValueError):\n    def __init__(self, a):\n        super().__init__(a)\nraise Bad(x)",
            "from enum import Enum\nclass C(Enum):\n    RED = 1\nreturn C.RED.value",
            "def helper(a, *rest, k=1, **kw):\n    nonlocal x\n    x += 1\n    return a + len(rest) + k\nreturn helper(1, 2, k=3) + x",
            "if (n := len(v)) > 3:\n    return n\nreturn [m for y in v if (m := y)][0] + m",
            "match v:\n    case [a, *rest] if a > 1:\n        return a + len(rest)\n    case []:\n        return 0\n    case _:\n        return 1",
            "match s:\n    case 'a' | 'b' as t:\n        return len(t)\n    case str(y):\n        return len(y)\nreturn 1",
            "try:\n    return int(s)\nexcept (ValueError, TypeError) as e:\n    return len(str(e))\nfinally:\n    x = 1",
            "if x < 0:\n    raise ValueError(f'negative: {x:>5} {s!r}')\nreturn x",
            "return len('{} and {0:>{w}}'.format(x, w=3)) + len('%s' % s)",
            "return len('{name}: {value:.2f}'.format(name=s, value=1.0))",
            "return int(''.join(sorted(s, key=lambda c: (c.lower(), -ord(c)), reverse=True)) or 0)",
            "a, (b, *c) = 1, (2, 3)\na, b = b, a\nreturn a + b + len(c)",
            "matrix = [[0] * x for _ in range(x)]\nreturn len(list(zip(*matrix)))",
            "def gen():\n    for y in v:\n        yield y\n    yield from v\nreturn sum(gen())",
            "while True:\n    x -= 1\n    if x < 0: break\n    elif x == 5: continue\nelse:\n    pass\nreturn x",
            "return given(x) + f(x - 1, s, v)",
            "del v[0]\nassert x > 0, 'bad'\nreturn -x ** 2 // 3 @ 1 if x is not None and not s else ~x",
            "from decimal import Decimal, ROUND_HALF_UP\nfrom fractions import Fraction\nreturn int(Decimal('1.5').quantize(Decimal('1'), rounding=ROUND_HALF_UP)) + int(Fraction(1, 2))",
            "return isinstance(x, (int, float)) and type(x) is int and callable(len)",
            "return {'a': 1, **{'b': 2}}['a'] + len({1, 2} | {3}) + {k: y for k, y in zip(s, v)}.get(s, 0)",
            "import string\nreturn sum(c in string.ascii_letters for c in s)",
            "d = {}\nd.setdefault(s, []).append(x)\nreturn d[s][-1]",
            "lineno = name = clear = x\nreturn lineno + name + clear",
            "from collections import namedtuple\nP = namedtuple('P', 'a b')\nreturn P(1, 2)._replace(a=3).a",
        ],
        python_fn,
    );
}

#[test]
fn parameters_may_have_the_names_of_builtins() {
    let text = "def f(input: str, id: int) -> int:\n    return len(input) + id\n";
    assert_eq!(scan(Language::Python, text, &Policy::default()), []);
}

#[test]
fn a_capability_opens_its_own_door_only() {
    let with = |capability| Policy { allow: [capability].into(), ..Policy::default() };
    let rust =
        |body: &str, policy: &Policy| scan(Language::Rust, &rust_fn(body), policy).is_empty();
    let python =
        |body: &str, policy: &Policy| scan(Language::Python, &python_fn(body), policy).is_empty();
    let doors = [
        (Capability::Files, "std::fs::read(s).is_ok() as i32", "return len(open(s).read())"),
        (
            Capability::Network,
            "std::net::TcpStream::connect(s).is_ok() as i32",
            "import socket\nreturn 1",
        ),
        (
            Capability::Environment,
            "std::env::var(s).is_ok() as i32",
            "import os\nreturn len(os.environ)",
        ),
        (Capability::Time, "std::time::Instant::now(); 1", "import time\nreturn time.time()"),
    ];
    for (capability, rust_body, python_body) in doors {
        for other in Capability::ALL {
            let opens = other == capability;
            assert_eq!(rust(rust_body, &with(other)), opens, "{other} {rust_body}");
            assert_eq!(python(python_body, &with(other)), opens, "{other} {python_body}");
        }
    }
    let all = Policy { allow: Capability::ALL.into(), ..Policy::default() };
    assert!(!rust("std::process::exit(0)", &all));
    assert!(!rust("std::io::stdout(); 1", &all));
    assert!(!python("import os\nreturn os.system(s)", &all));
    assert!(!python("import pathlib\nreturn pathlib.os.system(s)", &all));
}

#[test]
fn a_spec_forbids_in_its_own_words() {
    let forbids = |word: &str, language, text: &str| {
        let policy = Policy { forbidden: vec![word.to_owned()], ..Policy::default() };
        assert_eq!(scan(language, text, &Policy::default()), [], "{text}");
        !scan(language, text, &policy).is_empty()
    };
    let rust = |word: &str, body: &str| forbids(word, Language::Rust, &rust_fn(body));
    let python = |word: &str, body: &str| forbids(word, Language::Python, &python_fn(body));
    assert!(rust("recursion", "if x == 0 { 0 } else { f(x - 1, s, v) }"));
    assert!(rust("recursion", "fn g(n: i32) -> i32 { g(n) } g(1)"));
    assert!(rust("recursion", "vec![f(1, s, v)][0]"));
    assert!(!rust("recursion", "fn g(n: i32) -> i32 { n } g(1)"));
    assert!(rust("loops", "for y in v { drop(y) } 1"));
    assert!(rust("loop", "while x < 0 {} 1"));
    assert!(!rust("loop", "v.iter().sum()"));
    assert!(rust("unwrap", "v.first().unwrap() + 1"));
    assert!(rust("panic", "assert!(x > 0); 1"));
    assert!(rust("indexing", "v[0]"));
    assert!(rust("closures", "v.iter().map(|y| y + 1).sum()"));
    assert!(rust("float", "(x as f64) as i32"));
    assert!(rust("import", "use std::cmp::max; max(x, 1)"));
    assert!(rust("macros", "vec![1].len() as i32"));
    assert!(rust("sort", "let mut w = v.to_vec(); w.sort(); w[0]"));
    assert!(!rust("sort", "let mut w = v.to_vec(); w.sort_unstable(); w[0]"));
    assert!(rust("sort()", "let mut w = v.to_vec(); w.sort(); w[0]"));
    assert!(rust("std::cmp", "std::cmp::max(x, 1)"));
    assert!(rust("%", "x % 2"));
    assert!(python("recursion", "return f(x - 1, s, v)"));
    assert!(python("recursion", "g = f\nreturn g(x - 1, s, v)"));
    assert!(!python("recursion", "return s.f(x)"));
    assert!(python("loops", "for y in v: pass\nreturn 1"));
    assert!(python("comprehensions", "return [y for y in v][0]"));
    assert!(python("lambda", "return (lambda y: y)(x)"));
    assert!(python("indexing", "return v[0]"));
    assert!(python("import", "import math\nreturn 1"));
    assert!(python("float", "return int(1.5)"));
    assert!(python("sorted", "return sorted(v)[0]"));
    assert!(python("**", "return x ** 2"));
    assert!(!python("**", "return x * 2"));
}

#[test]
fn what_cannot_be_read_is_refused() {
    for language in Language::ALL {
        for text in ["(", "fn f( {", "def f(:", "\u{0}", &"(".repeat(50_000)] {
            assert!(!scan(language, text, &Policy::default()).is_empty(), "{text:.20}");
        }
    }
}

/// What stands in a project's file around a function, and what of it candidates may name.
mod in_a_project {
    use super::*;

    const FILE: &str = "\
use std::collections::HashMap;
use std::fs::{self, File};
use std::fmt::{self as shown};
use serde_json::Value;
use crate::grid::{Cell, *};
mod util;
const LIMIT: usize = 3;
macro_rules! check { ($x:expr) => { $x } }
struct Board;
fn helper() { log!(1); }
";

    /// Another file of the project.
    const OTHER: &str = "\
pub use std::process::{
    Command,
    exit as leave,
};
pub use std::io;
pub mod util {
    pub fn count() {}
}
pub const MAX_SIDE: u8 = 1;
pub(crate) async fn other() {}
";

    fn refused(code: &str) -> Vec<String> {
        let files = [("lib.rs", FILE), ("grid.rs", OTHER)];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let package = package(Language::Rust, &files);
        let crates = ["serde_json".to_owned()];
        let around = surroundings(Language::Rust, FILE, &crates, &package, false);
        let policy = Policy { surroundings: Some(around), ..Policy::default() };
        let found = scan(Language::Rust, &format!("fn f(&self) {{ {code} }}"), &policy);
        found.into_iter().map(|violation| violation.construct).collect()
    }

    #[test]
    fn the_projects_own_names_may_be_used() {
        for code in [
            "self.x = helper(); Board::new(Cell(LIMIT))",
            "util::count(crate::grid::all(), super::other())",
            "serde_json::from_str::<Value>(\"1\").unwrap()",
            "check!(1); log!(2)",
            "shown::Error; HashMap::<u8, u8>::new()",
            "MAX_SIDE + other()",
            "std::io::Error::other(1); std::path::Path::new(\"a\").is_absolute()",
        ] {
            assert_eq!(refused(code), [""; 0], "{code}");
        }
    }

    #[test]
    fn no_door_opens_because_the_file_has_it_open() {
        for code in [
            "fs::remove_file(a)",
            "File::open(a)",
            "std::process::exit(0)",
            "unsafe { go() }",
            "println!(\"test a ... ok\")",
            "include_str!(\"/etc/passwd\")",
            "unknown::call()",
            "async { 1 }",
            "static X: u8 = 1;",
            // What other files import comes along by paths and globs.
            "self::fs::remove_file(a)",
            "crate::grid::Command::new(a)",
            "Command::new(a)",
            "leave(0)",
            "super::grid::io::stdout()",
            "crate::process::exit(0)",
            "exit(0)",
            // An implementation holds in the whole crate.
            "struct Board; impl Board { fn x(&self) {} }",
            "struct Cell; impl Clone for Cell { }",
        ] {
            assert_ne!(refused(code), [""; 0], "{code}");
        }
    }

    #[test]
    fn python_follows_the_imports_of_its_file() {
        let file = "\
import os
import random
import math
import datetime
import numpy as np
from subprocess import run
from .util import clean
from typing import Iterable

LIMIT = 3


class Box:
    size = 1


def helper():
    inner = 1
";
        let files = [
            (
                "boxes/util.py",
                "import os as o\nimport random\nfrom shutil import rmtree\n\ndef clean(): pass\n",
            ),
            ("boxes/__init__.py", file),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let package = package(Language::Python, &files);
        let around = surroundings(Language::Python, file, &[], &package, false);
        let policy = Policy { surroundings: Some(around), ..Policy::default() };
        let refused = |code: &str| {
            let text = format!("def f(self):\n    {code}\n");
            !scan(Language::Python, &text, &policy).is_empty()
        };
        for code in [
            "return clean(helper(), LIMIT, Box())",
            "return np.array([self._x])",
            "from .util import other",
            "x: Iterable = self.items",
            "self.size = 1; b = Box(); b.free = 2; del self.items[0]; self.items[1] += 1",
            "return self.__size + len(type(self).__name__)",
            "return datetime.date(1, 2, 3)",
            "from .util import _hidden",
        ] {
            assert!(
                !refused(code),
                "{code}: {:?}",
                scan(Language::Python, &format!("def f(self):\n    {code}\n"), &policy)
            );
        }
        for code in [
            "os.system('x')",
            "run(['x'])",
            "return inner",
            "return size",
            "import sys",
            "import requests",
            "return self.__class__",
            "return getattr(self, 'x')",
            "from os import path",
            // Through other modules.
            "from .util import o",
            "from .util import rmtree",
            "from .util import os",
            "return random._os",
            "from random import _os",
            "return np.os",
            "return clean.o",
            // What tests would see in the place of their own.
            "math.isclose = None",
            "Box.same = None",
            "B = Box; B.same = None",
            "for B in [Box]: B.same = None",
            "type(self).same = None",
            "cls.same = None",
            "self.clean = None",
            "helper.x += 1",
            "del Box.same",
            "class Same:\n        def __eq__(self, other):\n            return True",
        ] {
            assert!(refused(code), "{code}");
        }
    }
}

#[test]
fn what_only_a_package_could_give_names_it() {
    let wanted = |language, source: &str| {
        let found = scan(language, source, &Policy::default());
        found.iter().filter_map(|it| wanted_package(&it.construct, &it.why)).collect::<Vec<_>>()
    };
    let rust = "fn f() { let _ = regex::Regex::new(\"a\"); std::fs::read(\"x\"); unsafe {} }";
    assert_eq!(wanted(Language::Rust, rust), ["regex"]);
    let python = "def f():\n    import yaml.nodes\n    from numpy.linalg import norm\n    import antigravity, socket\n    return norm\n";
    assert_eq!(wanted(Language::Python, python), ["yaml", "numpy"]);
}
