//! `task_spec.yaml` as it is written: [`RawSpec`], every part with its place, and its JSON
//! Schema. [`super::read`] fills it, [`super::check`] says whether the parts go together.
//!
//! The doc comments of the types are the schema's descriptions: they teach whoever writes a spec
//! in an editor.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use zerr_syntax::Language;
use zerr_syntax::deny::{Capability, FORBIDDABLE};

use super::place::Place;
use super::yaml::Node;
use crate::complexity::Bound;

/// What is to be written: a task of one or more functions, and how sure to be of it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename = "TaskSpec", deny_unknown_fields)]
#[schemars(title = "zerr task spec")]
pub(super) struct RawSpec {
    /// The task's name: letters, digits and `_`, starting with a letter. The file that is
    /// written is called like this.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9_]*$"), length(max = 64))]
    pub(super) name: At<String>,
    /// The language to write, or a list of languages to write all functions in.
    #[schemars(with = "OneOrMany<LanguageName>")]
    pub(super) language: Vec<At<Language>>,
    /// What the whole is for.
    pub(super) description: Option<At<String>>,
    /// How likely all functions together must be right, between 0 and 1, both excluded. More
    /// reliability takes more samples.
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.95))]
    pub(super) reliability: Option<At<f64>>,
    /// The functions to write, each small enough to be judged by what it does.
    #[schemars(length(min = 1))]
    pub(super) functions: Vec<At<RawFunction>>,
}

/// One free function over standard-library types.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename = "Function", deny_unknown_fields)]
pub(super) struct RawFunction {
    /// The function's name, the same as in its signature.
    pub(super) name: At<String>,
    /// The signature without a body: a text, or one text a language.
    #[schemars(with = "TextByLanguage")]
    pub(super) signature: Signatures,
    /// What the function does, in one paragraph, edge cases included: what is not said here, in
    /// examples or in contracts has to be guessed.
    pub(super) description: At<String>,
    /// Functions of this spec that this one may call. They are written first.
    #[schemars(default)]
    pub(super) depends_on: Vec<At<String>>,
    /// What holds of the arguments of every call, in zerr's contract language, such as
    /// `hour < 24` or `len(xs) > 0 and is_sorted(xs)`. Calls that break it are not tried.
    #[schemars(default)]
    pub(super) requires: Vec<Node>,
    /// What holds of every result, such as `result >= 0` or
    /// `all(x in xs: x <= unwrap(result))`. `old(x)` is an argument as it was before the call.
    #[schemars(default)]
    pub(super) ensures: Vec<Node>,
    /// What holds of several calls together, such as `reverse(reverse(xs)) == xs` or
    /// `add(a, b) == add(b, a)`: the function is called by its own name, `result` is what the call
    /// on the parameters gives. Tried on many drawn arguments that meet `requires`.
    #[schemars(default)]
    pub(super) properties: Vec<Node>,
    /// How the cost of a call may grow: `O(1)`, `O(log n)`, `O(n)`, `O(n log n)`, `O(n^2)` or
    /// `O(n^3)`. `n` is the size of lists, texts, maps and sets, or the value of the integers where
    /// there are none.
    #[schemars(with = "Option<String>", default)]
    pub(super) complexity: Option<At<Bound>>,
    /// How much a call may cost, as a formula over its parameters with its unit:
    /// `40 * len(xs) + 500 instructions` for Rust, `… events` for Python, or a list of both.
    #[schemars(with = "Option<OneOrMany<String>>", default)]
    pub(super) budget: Vec<Node>,
    /// Calls whose outcome is given. Edge cases are worth most.
    #[schemars(default)]
    pub(super) examples: Vec<At<RawExample>>,
    /// Constructs that may not be used.
    #[schemars(with = "Vec<Forbiddable>", default)]
    pub(super) forbid: Vec<At<String>>,
    /// What the function may touch beside its arguments. Empty: it is pure.
    #[schemars(with = "Vec<CapabilityName>", default)]
    pub(super) capabilities: Vec<At<Capability>>,
}

/// A call and what comes of it. The call is given by `args` or by `call`; the outcome by one of
/// `returns`, `raises` (Python) and `panics` (Rust). With two languages, `raises` may stand
/// beside one of the others: Python takes it, Rust takes the other.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename = "Example", deny_unknown_fields)]
pub(super) struct RawExample {
    /// The arguments in order, or by name. They are typed by the signature: a list is `[1, 2]`,
    /// a missing optional value is `null`, a map is `{key: value}`, bytes are a text or a list.
    #[schemars(with = "Option<Arguments>")]
    pub(super) args: Option<Node>,
    /// The call as code, such as `clamp(5, 0, 3)`.
    pub(super) call: Option<Node>,
    /// The result, typed by the signature. A `Result` is `{ok: value}` or `{err: value}`, of which
    /// Python, where it is written too, returns the inner value; an absent `Option` or `None` is
    /// `null`.
    #[schemars(with = "Option<AnyValue>")]
    pub(super) returns: Option<Node>,
    /// The Python exception that comes instead of a result, such as `ValueError`.
    pub(super) raises: Option<At<String>>,
    /// `true`: the Rust function panics.
    pub(super) panics: Option<At<bool>>,
    /// Arguments, by name, that are different after the call. All others stay as they are.
    #[schemars(with = "Option<std::collections::BTreeMap<String, AnyValue>>")]
    pub(super) after: Option<Node>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// The signature's texts; `None` for the one that stands for whichever language there is.
pub(super) type Signatures = Vec<(Option<Language>, Node)>;

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Contracts and calls are texts; values have schemas of their own.
impl JsonSchema for Node {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

macro_rules! schema_only {
    ($name:ident, $schema:expr) => {
        struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema_only!(LanguageName, json_schema!({ "enum": Language::ALL.map(Language::name) }));
schema_only!(CapabilityName, json_schema!({ "enum": Capability::ALL.map(Capability::name) }));
schema_only!(AnyValue, true.into());
schema_only!(Arguments, json_schema!({ "type": ["array", "object"] }));
schema_only!(
    Forbiddable,
    json_schema!({ "anyOf": [{ "enum": FORBIDDABLE }, { "type": "string" }] })
);
schema_only!(
    TextByLanguage,
    json_schema!({
        "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": {
                    "rust": { "type": "string", "examples": ["fn greet(name: &str) -> String"] },
                    "python": { "type": "string", "examples": ["def greet(name: str) -> str"] },
                },
                "additionalProperties": false,
                "minProperties": 1,
            },
        ],
    })
);

struct OneOrMany<T>(std::marker::PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({
            "anyOf": [one, { "type": "array", "items": one, "minItems": 1, "uniqueItems": true }],
        })
    }
}
