//! Which paths of Rust's standard library a pure function may name: [`refusal`].
//!
//! A list of what is allowed: a module that the list does not know is refused.

use crate::deny::{Capability, Policy};

/// Modules in which every item is pure computation.
const PURE_MODULES: &[&str] = &[
    "ascii",
    "array",
    "borrow",
    "boxed",
    "cell",
    "char",
    "clone",
    "cmp",
    "collections",
    "convert",
    "default",
    "f32",
    "f64",
    "fmt",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "iter",
    "marker",
    "num",
    "ops",
    "option",
    "rc",
    "result",
    "slice",
    "str",
    "string",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "vec",
];

/// Names of the standard library that reach the process, the machine or memory. Where a project has none
/// of its own that are called so, a path through the project that holds one comes from an import.
pub(super) const STD_DOORS: &[&str] = &[
    "abort",
    "alloc",
    "arch",
    "args",
    "any",
    "backtrace",
    "catch_unwind",
    "channel",
    "current_dir",
    "env",
    "exit",
    "ffi",
    "File",
    "fs",
    "from_raw_parts",
    "intrinsics",
    "io",
    "Command",
    "Child",
    "net",
    "OpenOptions",
    "os",
    "panic",
    "panicking",
    "process",
    "ptr",
    "read_to_string",
    "remove_dir_all",
    "remove_file",
    "set_hook",
    "set_var",
    "sleep",
    "spawn",
    "std",
    "core",
    "stderr",
    "stdin",
    "stdout",
    "Stdout",
    "Stderr",
    "sync",
    "TcpListener",
    "TcpStream",
    "thread",
    "time",
    "transmute",
    "UdpSocket",
    "UnixStream",
    "var",
    "vars",
];

/// In `std::mem`, what neither reads nor reinterprets memory.
const PURE_MEM: &[&str] =
    &["align_of", "discriminant", "drop", "replace", "size_of", "size_of_val", "swap", "take"];

/// Macros that compute, fail or format, and nothing else.
pub(super) const PURE_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "format",
    "format_args",
    "matches",
    "panic",
    "stringify",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Names that may stand before `::` without an import.
pub(super) const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize",
];

/// Functions of the prelude.
pub(super) const PRELUDE_FUNCTIONS: &[&str] =
    &["align_of", "align_of_val", "drop", "size_of", "size_of_val"];

/// Why `std::…` (without its root; `core` and `alloc` are the same) may not be named.
pub(super) fn refusal(segments: &[String], policy: &Policy) -> Option<String> {
    let mut names = segments.iter().map(String::as_str);
    let Some(module) = names.next() else {
        return Some("the whole standard library is not given".to_owned());
    };
    let rest: Vec<&str> = names.collect();
    if rest.contains(&"RandomState") {
        return Some("draws randomness".to_owned());
    }
    if PURE_MODULES.contains(&module) {
        return None;
    }
    let needs = |capability: Capability, what: &str| {
        (!policy.allow.contains(&capability)).then(|| format!("{what} (capability `{capability}`)"))
    };
    match module {
        "mem" => match rest.first() {
            None => None,
            Some(name) if PURE_MEM.contains(name) => None,
            Some(_) => Some("reads or reinterprets memory".to_owned()),
        },
        "hash" => match rest.first() {
            None | Some(&"Hash" | &"Hasher" | &"BuildHasher" | &"DefaultHasher") => None,
            Some(_) => Some("is not known to be pure".to_owned()),
        },
        "sync" => match rest.first() {
            Some(&"Arc") => None,
            _ => Some("shares state between threads".to_owned()),
        },
        "error" => None,
        "time" => match rest.first() {
            Some(&"Duration") => None,
            _ => needs(Capability::Time, "reads the clock"),
        },
        "path" if policy.surroundings.is_some() => None,
        "fs" | "path" => needs(Capability::Files, "touches files"),
        "net" => needs(Capability::Network, "touches the network"),
        "env" => needs(Capability::Environment, "reads the environment"),
        "io" => match rest.first() {
            Some(
                &"Error" | &"ErrorKind" | &"Result" | &"Cursor" | &"Read" | &"Write" | &"BufRead",
            ) if policy.surroundings.is_some() => None,
            Some(&"stdin" | &"stdout" | &"stderr" | &"Stdin" | &"Stdout" | &"Stderr" | &"*") => {
                Some("touches the process's own streams".to_owned())
            }
            _ if policy.allow.contains(&Capability::Network) => None,
            _ => needs(Capability::Files, "does input and output"),
        },
        "process" => Some("starts or ends processes".to_owned()),
        "thread" => Some("starts threads or waits".to_owned()),
        "panic" => Some("catches or hooks panics".to_owned()),
        "os" | "ffi" | "arch" | "intrinsics" | "simd" => {
            Some("reaches past the language".to_owned())
        }
        "ptr" | "alloc" => Some("handles raw memory".to_owned()),
        "any" | "backtrace" | "hint" => Some("looks at the program itself".to_owned()),
        _ => Some("is not known to be pure".to_owned()),
    }
}
