//! Which builtins, modules and attributes of Python a pure function may name.
//!
//! Lists of what is allowed, for builtins and modules: a name they do not know is refused.
//! Modules are listed by their public names, because many of them hold others: `typing.sys`.

use crate::deny::{Capability, Policy};

const BUILTINS: &str = "abs all any ascii bin bool bytearray bytes callable chr classmethod \
    complex dict divmod enumerate filter float format frozenset hash hex int isinstance issubclass \
    iter len list map max memoryview min next object oct ord pow property range repr reversed \
    round set slice sorted staticmethod str sum super tuple type zip \
    Ellipsis NotImplemented \
    ArithmeticError AssertionError AttributeError BufferError EOFError Exception ExceptionGroup \
    FloatingPointError IndexError KeyError LookupError MemoryError NameError NotImplementedError \
    OverflowError RecursionError ReferenceError RuntimeError StopIteration SyntaxError TypeError \
    UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError \
    ZeroDivisionError OSError TimeoutError Warning DeprecationWarning UserWarning";

/// Names that annotations may use; they are nothing but types.
const TYPING: &str = "AbstractSet Annotated Any AnyStr ByteString Callable ChainMap ClassVar \
    Collection Container Counter DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable \
    ItemsView Iterable Iterator KeysView List Literal Mapping MappingView MutableMapping \
    MutableSequence MutableSet NamedTuple Never NewType NoReturn Optional OrderedDict Protocol \
    Reversible Self Sequence Set Sized SupportsAbs SupportsFloat SupportsIndex SupportsInt \
    SupportsRound Text Tuple Type TypeAlias TypeVar TypedDict Union ValuesView cast overload";

/// Modules of pure computation with the names that may be taken from them.
const MODULES: &[(&str, &str)] = &[
    (
        "math",
        "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e \
         erf erfc exp exp2 expm1 fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf \
         isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan \
         nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp",
    ),
    (
        "cmath",
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log \
         log10 nan nanj phase pi polar rect sin sinh sqrt tan tanh tau",
    ),
    (
        "re",
        "A ASCII DOTALL I IGNORECASE M MULTILINE Match NOFLAG Pattern S U UNICODE VERBOSE X \
         compile error escape findall finditer fullmatch match search split sub subn",
    ),
    (
        "string",
        "ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits \
         printable punctuation whitespace",
    ),
    (
        "itertools",
        "accumulate batched chain combinations combinations_with_replacement compress count cycle \
         dropwhile filterfalse groupby islice pairwise permutations product repeat starmap \
         takewhile tee zip_longest",
    ),
    ("functools", "cache cmp_to_key lru_cache partial reduce total_ordering cached_property"),
    ("collections", "ChainMap Counter OrderedDict defaultdict deque namedtuple"),
    (
        "collections.abc",
        "Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView \
         Mapping MappingView MutableMapping MutableSequence MutableSet Reversible Sequence Set \
         Sized ValuesView",
    ),
    ("bisect", "bisect bisect_left bisect_right insort insort_left insort_right"),
    ("heapq", "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest"),
    (
        "operator",
        "abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd iand iconcat \
         ifloordiv ilshift imod imul index indexOf inv invert ior ipow irshift is_ is_not isub \
         itemgetter itruediv ixor le length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow \
         rshift setitem sub truediv truth xor",
    ),
    ("typing", TYPING),
    ("dataclasses", "asdict astuple dataclass field fields is_dataclass replace"),
    ("enum", "Enum Flag IntEnum IntFlag StrEnum auto unique"),
    ("fractions", "Fraction"),
    (
        "decimal",
        "Decimal DivisionByZero InvalidOperation Overflow ROUND_05UP ROUND_CEILING ROUND_DOWN \
         ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP",
    ),
    (
        "statistics",
        "StatisticsError fmean geometric_mean harmonic_mean mean median median_high median_low \
         mode multimode pstdev pvariance quantiles stdev variance",
    ),
    ("numbers", "Complex Integral Number Rational Real"),
    ("copy", "copy deepcopy"),
    ("textwrap", "dedent fill indent shorten wrap"),
    (
        "unicodedata",
        "bidirectional category combining decimal digit east_asian_width is_normalized lookup \
         mirrored name normalize numeric",
    ),
    ("json", "JSONDecodeError dumps loads"),
    ("__future__", "annotations"),
];

/// Modules that a capability opens, whole.
const BY_CAPABILITY: &[(&str, Capability)] = &[
    ("pathlib", Capability::Files),
    ("io", Capability::Files),
    ("os.path", Capability::Files),
    ("tempfile", Capability::Files),
    ("glob", Capability::Files),
    ("csv", Capability::Files),
    ("socket", Capability::Network),
    ("ssl", Capability::Network),
    ("urllib.request", Capability::Network),
    ("urllib.error", Capability::Network),
    ("http.client", Capability::Network),
    ("time", Capability::Time),
    ("datetime", Capability::Time),
    ("calendar", Capability::Time),
    ("zoneinfo", Capability::Time),
];

/// What may be had of `os`, and by which capability.
const OS: &[(&str, Capability)] = &[
    ("environ", Capability::Environment),
    ("getenv", Capability::Environment),
    ("path", Capability::Files),
    ("listdir", Capability::Files),
    ("makedirs", Capability::Files),
    ("remove", Capability::Files),
    ("rename", Capability::Files),
    ("scandir", Capability::Files),
    ("stat", Capability::Files),
    ("walk", Capability::Files),
];

fn holds(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|entry| entry == name)
}

pub(super) fn is_plain_builtin(name: &str) -> bool {
    holds(BUILTINS, name)
}

pub(super) fn is_builtin(name: &str, policy: &Policy) -> bool {
    holds(BUILTINS, name) || (name == "open" && policy.allow.contains(&Capability::Files))
}

pub(super) fn is_typing_name(name: &str) -> bool {
    holds(TYPING, name)
}

/// Why a builtin or other name from outside is refused.
pub(super) fn name_refusal(name: &str) -> &'static str {
    match name {
        "exec" | "eval" | "compile" => "runs text as code",
        "open" => "touches files (capability `files`)",
        "input" => "reads the process's own streams",
        "print" => "prints",
        "globals" | "locals" | "vars" | "dir" => "looks at the program itself",
        "getattr" | "setattr" | "delattr" | "hasattr" => {
            "reaches attributes by a name that cannot be judged"
        }
        "id" => "shows where memory lies",
        "exit" | "quit" | "SystemExit" | "KeyboardInterrupt" | "GeneratorExit"
        | "BaseException" | "breakpoint" | "help" => "ends or stops the process",
        _ => "is not defined in this function, nor given to it",
    }
}

/// Modules that reach the process, the machine or the interpreter. A project that uses them elsewhere
/// does not open them for generated code.
const NEVER: &str = "_thread asyncio.subprocess atexit builtins code codeop concurrent ctypes faulthandler \
    fcntl gc imp importlib inspect marshal mmap multiprocessing nt os pickle pkgutil platform posix pty \
    resource runpy select selectors shelve shutil signal site socketserver sqlite3 subprocess sys \
    sysconfig threading trace traceback tracemalloc weakref webbrowser xmlrpc zipimport";

/// The standard library's public modules (`sys.stdlib_module_names` of `CPython` 3.11). None of them is the
/// project's, whoever imports it.
const STDLIB: &str = "abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb \
    binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop \
    collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg \
    crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email \
    encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib \
    functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac \
    html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword \
    lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap \
    modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers \
    opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil \
    platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr \
    pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy \
    sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket \
    socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string \
    stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib \
    tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace \
    traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid \
    venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp \
    zipfile zipimport zlib zoneinfo";

/// Those of them that a project's code may use where its file does: computing, and the clock.
const OF_PROJECT: &str = "abc array base64 binascii calendar colorsys contextlib datetime difflib errno fnmatch \
    graphlib hashlib hmac html ipaddress keyword pprint reprlib shlex stringprep struct time urllib.parse uuid \
    warnings zlib zoneinfo";

fn head_of(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// Whether a module is the project's own or somebody's whom the project trusts.
fn is_of_project(module: &str, policy: &Policy) -> bool {
    let Some(around) = &policy.surroundings else { return false };
    let is_listed = MODULES.iter().any(|(name, _)| *name == module);
    let is_std = holds(STDLIB, head_of(module)) && !module.starts_with('.');
    !is_listed && (!is_std || holds(OF_PROJECT, module)) && around.imports_module(module)
}

/// Why a name may not be taken from such a module: modules hold the modules that they import.
fn foreign(module: &str, member: &str, policy: &Policy) -> Option<String> {
    let around = policy.surroundings.as_ref()?;
    let is_own = module.starts_with('.') || around.package.defines(head_of(module));
    let leads_out = member.starts_with("__")
        || (member.starts_with('_') && !is_own)
        || holds(NEVER, member)
        || (holds(STDLIB, head_of(module)) && holds(STDLIB, member))
        || around.package.is_door(member);
    leads_out.then(|| format!("`{module}.{member}` may lead out of the project"))
}

/// Why an attribute of something that the file imports may not be named.
pub(super) fn imported_attribute_refusal(name: &str, policy: &Policy) -> Option<&'static str> {
    let around = policy.surroundings.as_ref()?;
    let leads_out = holds(NEVER, name) || around.package.is_door(name);
    leads_out.then_some("reaches a module through another")
}

/// Why a module that nobody here knows may not be imported.
pub(super) const NOT_LISTED: &str = "is not on the list of pure modules";

/// Whether a module comes with Python.
pub(super) fn is_stdlib(module: &str) -> bool {
    holds(STDLIB, module)
}

/// Why a module may not be imported.
pub(super) fn module_refusal(module: &str, policy: &Policy) -> Option<String> {
    if is_of_project(module, policy) {
        return None;
    }
    if MODULES.iter().any(|(name, _)| *name == module) {
        return None;
    }
    if module == "os" {
        let opens = OS.iter().any(|(_, capability)| policy.allow.contains(capability));
        return (!opens).then(|| "touches files and the environment".to_owned());
    }
    match BY_CAPABILITY.iter().find(|(name, _)| *name == module) {
        Some((_, capability)) if policy.allow.contains(capability) => None,
        Some((_, capability)) => Some(format!("is not pure (capability `{capability}`)")),
        None => Some(NOT_LISTED.to_owned()),
    }
}

/// Why a name may not be taken from a module that may be imported.
pub(super) fn member_refusal(module: &str, member: &str, policy: &Policy) -> Option<String> {
    if is_of_project(module, policy) {
        return foreign(module, member, policy);
    }
    if member.starts_with('_') {
        return Some("is no public name".to_owned());
    }
    if let Some((_, names)) = MODULES.iter().find(|(name, _)| *name == module) {
        return (!holds(names, member)).then(|| format!("`{module}.{member}` is not on the list"));
    }
    if module == "os" {
        return match OS.iter().find(|(name, _)| *name == member) {
            Some((_, capability)) if policy.allow.contains(capability) => None,
            Some((_, capability)) => Some(format!("is not pure (capability `{capability}`)")),
            None => Some(format!("`os.{member}` is not on the list")),
        };
    }
    let by_capability = BY_CAPABILITY
        .iter()
        .any(|(name, capability)| *name == module && policy.allow.contains(capability));
    // These hold other modules too, and those are listed here or nowhere.
    let is_module = matches!(
        member,
        "os" | "sys" | "builtins" | "subprocess" | "inspect" | "ctypes" | "importlib" | "shutil"
    );
    (!by_capability || is_module).then(|| format!("`{module}.{member}` is not on the list"))
}

/// Why an attribute of any value may not be named.
pub(super) fn attribute_refusal(name: &str) -> Option<&'static str> {
    const FRAMES: &[&str] = &["gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_"];
    const INSIDES: &[&str] = &[
        "frame",
        "code",
        "yieldfrom",
        "running",
        "suspended",
        "await",
        "origin",
        "back",
        "builtins",
        "globals",
        "locals",
        "trace",
        "trace_lines",
        "trace_opcodes",
        "lasti",
        "lineno",
        "next",
        "closure",
        "consts",
        "names",
        "varnames",
        "filename",
        "name",
        "defaults",
        "dict",
        "doc",
        "clear",
    ];
    if name.starts_with("__") {
        return Some("reaches into the interpreter");
    }
    if FRAMES
        .iter()
        .any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| INSIDES.contains(&rest)))
    {
        return Some("reaches the interpreter's frames and code");
    }
    match name {
        "mro" | "with_traceback" => Some("reaches into the interpreter"),
        "sys" | "os" | "builtins" | "modules" | "subprocess" | "importlib" | "inspect"
        | "ctypes" => Some("reaches a module through another"),
        _ => None,
    }
}

/// Special methods that a nested class may define.
pub(super) fn is_special_method(name: &str) -> bool {
    const METHODS: &str = "__init__ __post_init__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ \
        __hash__ __repr__ __str__ __len__ __iter__ __next__ __getitem__ __setitem__ \
        __contains__ __bool__ __call__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ \
        __truediv__ __floordiv__ __mod__ __pow__ __neg__ __abs__ __and__ __or__ __xor__ __iadd__";
    holds(METHODS, name)
}

/// Builtin types whose subclasses would pass for plain values.
pub(super) fn is_value_type(name: &str) -> bool {
    holds(
        "int float str bytes bytearray bool complex list tuple dict set frozenset type super \
         Decimal Fraction OrderedDict defaultdict deque Counter",
        name,
    )
}
