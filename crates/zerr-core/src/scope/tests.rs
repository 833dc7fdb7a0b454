//! Tests of [`Scope`].

use super::*;
use crate::spec;

fn lacking(scope: &Scope, words: &str) -> Result<(), Outside> {
    let (words, name) = (by_stem(tokens(words)), Words::new());
    scope.lacking(&Asked { words: &words, name: &name, types: "", alone: true })
}

/// What is lacking of a description.
fn check(description: &str) -> Result<(), Vec<String>> {
    check_of("def top(values: list[int]) -> int", description)
}

fn check_of(signature: &str, description: &str) -> Result<(), Vec<String>> {
    let language = if signature.starts_with("fn") { "rust" } else { "python" };
    let text = format!(
        "name: t\nlanguage: {language}\nfunctions:\n  - name: top\n    signature: \
         \"{signature}\"\n    description: {description}\n"
    );
    let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
    let taught = ["largest list number", "add up all even list number value", "sort split"];
    let types = ["[int] -> int", "[int] -> int", "str {str: int?} -> [(str, float)]"];
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let scope = Scope {
        subtasks: owned(&taught),
        types: owned(&types),
        names: Vec::new(),
        joins: owned(&["first"]),
        calling: BTreeSet::new(),
    };
    scope.covers(&specs[0].functions[0], &[]).map(drop).map_err(|outside| outside.words)
}

#[test]
fn a_description_agrees_with_what_may_mean_the_same() {
    let text = "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \
                \"def top(values: list[int]) -> int\"\n    description: the largest number\n";
    let function = spec::parse(text.as_bytes(), "t.yaml").unwrap()[0].functions[0].clone();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let taught = ["largest list number", "smallest number", "largest number"];
    let types = ["[int] -> int", "[int] -> int", "[str] -> int"];
    let mut scope = Scope { subtasks: owned(&taught), types: owned(&types), ..Scope::default() };
    assert_eq!(scope.agrees(&function, "Find the largest of the list."), Some(true));
    assert_eq!(scope.agrees(&function, "Give the smallest of `values`."), Some(false));
    assert_eq!(scope.agrees(&function, "Give the number."), Some(true), "it may mean either");
    assert_eq!(scope.agrees(&function, "Give the second largest."), None);
    assert_eq!(scope.agrees(&function, ""), None);
    // A name tells what a description leaves open.
    let number = FunctionSpec {
        description: "a number of the list".to_owned(),
        name: "greatest".to_owned(),
        ..function
    };
    scope.subtasks = owned(&["largest list number", "smallest list number"]);
    assert_eq!(scope.agrees(&number, "Give the smallest number."), Some(true));
    scope.names = owned(&["greatest largest", "least smallest"]);
    assert_eq!(scope.agrees(&number, "Give the smallest number."), Some(false));
    assert_eq!(scope.agrees(&number, "Give the largest number."), Some(true));
    let strange = FunctionSpec { name: "middle".to_owned(), ..number };
    assert_eq!(scope.agrees(&strange, "Give the smallest number."), Some(true), "words alone");
}

#[test]
fn a_task_of_other_types_is_another_task() {
    let largest = "return the largest number";
    assert_eq!(check_of("fn top(values: &[u8]) -> u8", largest), Ok(()));
    assert_eq!(
        check_of("def top(values: list[str]) -> str", largest).unwrap_err(),
        ["[str] -> str"]
    );
    assert!(check_of("def top(values: list[int]) -> int | None", largest).is_err());
    for signature in [
        "def top(a: str, m: dict[str, int | None]) -> list[tuple[str, float]]",
        "fn top(a: char, m: BTreeMap<String, Option<i32>>) -> Result<Vec<(char, f64)>, String>",
    ] {
        assert_eq!(check_of(signature, "split and sort it"), Ok(()));
    }
}

fn used(function: &FunctionSpec, uses: Vec<Used>) -> Used {
    Used { function: Arc::new(function.clone()), uses }
}

#[test]
fn what_is_called_may_call_others_in_turn() {
    let text = "name: t\nlanguage: python\nfunctions:\n  - {name: a, signature: \"def a(values: \
                list[int]) -> list[int]\", description: keep the even numbers}\n  - {name: b, signature: \
                \"def b(values: list[int]) -> int\", description: return the largest number}\n  - {name: \
                inner, signature: \"def inner(values: list[int]) -> int\", description: first keep the \
                even numbers and return the largest number}\n  - {name: top, signature: \"def top(values: \
                list[int]) -> int\", description: first pick the even ones and return the biggest \
                number, examples: [{args: [[2]], returns: 2}, {args: [[4]], returns: 4}]}\n";
    let functions = spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions;
    let scope = Scope {
        subtasks: ["keep pick even number one", "largest biggest number"]
            .map(str::to_owned)
            .to_vec(),
        types: ["[int] -> [int]", "[int] -> int"].map(str::to_owned).to_vec(),
        joins: vec!["first".to_owned()],
        ..Scope::default()
    };
    let [a, b, inner, top] = &functions[..] else { panic!("four functions") };
    let below = vec![used(a, Vec::new()), used(b, Vec::new())];
    assert!(scope.covers(top, &[used(inner, below)]).is_ok());
    let outside = scope.covers(top, &[used(inner, vec![used(b, Vec::new())])]).unwrap_err();
    assert_eq!(outside.words, ["biggest", "ones", "pick"]);
    // A part shows nothing itself; what is behind it does.
    let below = [used(a, Vec::new()), used(b, Vec::new())];
    let part = FunctionSpec { examples: Vec::new(), ..top.clone() };
    assert_eq!(scope.covers(&part, &below).unwrap_err().words, outside.words);
    assert_eq!(scope.covers_part(&part, &below), Ok(outside.words));
    assert!(scope.covers_part(&part, &below[1..]).is_err());
}

/// `words` of a description and of a name that a scope with one subtask lacks.
fn lacks(name: &str, description: &str, examples: &str) -> (Vec<String>, Vec<String>) {
    let text = format!(
        "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
         {name}(n: int, bit: int) -> int\"\n    description: {description}\n{examples}"
    );
    let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
    let scope = Scope {
        subtasks: vec!["change of switch the turn off on index to other".to_owned()],
        names: vec!["flip invert switch toggle url".to_owned()],
        ..Scope::default()
    };
    let lacks = scope.covers(&specs[0].functions[0], &[]).err().unwrap_or_default();
    let name = if lacks.nameless { vec!["says nothing".to_owned()] } else { lacks.name };
    (lacks.words, name)
}

#[test]
fn a_name_says_what_is_asked_as_the_description_does() {
    let off = "switch off the bit with the given index";
    let strange = |name: &str| {
        let (words, name) = lacks(name, off, "");
        assert_eq!(words, [""; 0]);
        name
    };
    assert_eq!(strange("clear_bit"), ["clear"]);
    for name in ["toggle_bit", "flipped", "toggles_of_bit", "toggleBit", "change_by_flip"] {
        assert_eq!(strange(name), [""; 0], "{name}");
    }
    for name in ["switchURL", "URLSwitch", "switchURL2"] {
        assert_eq!(strange(name), [""; 0], "{name}");
    }
    assert_eq!(strange("change_bit"), ["change"], "no word of its names'");
    // What turns a task has to be of the names.
    assert_eq!(strange("switch_off"), ["off"]);
    // What is called so is described so.
    assert_eq!(lacks("toggle_bit", "invert the bit", "").0, [""; 0]);
    assert_eq!(lacks("toggle_bit", "clear the bit", "").0, ["clear"]);
    assert_eq!(lacks("invert", "invert the bit", ""), (Vec::new(), Vec::new()));
}

#[test]
fn what_was_only_taught_over_others_is_not_asked_for_alone() {
    let parsed = |name: &str, description: &str| -> FunctionSpec {
        let json = serde_json::json!({"name": "t", "language": "rust", "functions": [
            {"name": name, "signature": format!("fn {name}(text: &str) -> String"), "description": description},
        ]});
        spec::parse(json.to_string().as_bytes(), "t").unwrap().remove(0).functions.remove(0)
    };
    let scope = Scope {
        subtasks: vec!["escape json text quotes around".to_owned(); 2],
        types: vec!["str -> str".to_owned(); 2],
        names: vec!["json quote".to_owned(), "json escape".to_owned()],
        calling: BTreeSet::from([0]),
        ..Scope::default()
    };
    let quote = parsed("json_quote", "Put quotes around the escaped text.");
    let escape = parsed("json_escape", "Escape a text for JSON.");
    assert!(scope.covers(&quote, &[]).is_err_and(|lacking| lacking.calling));
    assert_eq!(scope.covers(&quote, &[used(&escape, Vec::new())]), Ok(Vec::new()));
    assert_eq!(scope.covers(&escape, &[]), Ok(Vec::new()));
}

#[test]
fn a_name_that_says_nothing_needs_an_example() {
    let example = "    examples:\n      - { args: [4, 2], returns: 0 }\n";
    assert_eq!(lacks("bit2", "switch the bit", example).1, ["bit"], "it is called for a parameter");
    for name in ["f", "n3", "my_func", "solve"] {
        assert_eq!(lacks(name, "switch the bit", "").1, ["says nothing"]);
        assert_eq!(lacks(name, "switch the bit", example), (Vec::new(), Vec::new()), "{name}");
    }
}

#[test]
fn words_that_were_not_taught_need_a_known_name_and_two_examples() {
    let covers = |name: &str, description: &str, results: &[i64]| {
        let example = |(at, it)| format!("      - {{ args: [{at}, 2], returns: {it} }}\n");
        let examples: String = results.iter().enumerate().map(example).collect();
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
             {name}(n: int, bit: int) -> int\"\n    description: {description}\n    \
             examples:\n{examples}"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let scope = Scope {
            subtasks: vec!["switch the lamp on index to other".to_owned()],
            names: vec!["toggle flip lamp".to_owned()],
            ..Scope::default()
        };
        scope.covers(&specs[0].functions[0], &[])
    };
    let swap = "swap the lamp on that index";
    assert_eq!(covers("toggle_lamp", swap, &[0, 1]), Ok(vec!["swap".to_owned()]));
    // Where examples would help, that is told.
    for results in [&[0, 0][..], &[1]] {
        let outside = covers("toggle_lamp", swap, results).unwrap_err();
        assert_eq!((outside.words, outside.examples), (vec!["swap".to_owned()], true));
    }
    let none = |name: &str, description: &str| {
        let outside = covers(name, description, &[0, 1]).unwrap_err();
        assert!(!outside.examples && !outside.words.is_empty(), "{description}: {outside:?}");
    };
    none("toggle_swap", swap);
    none("switch", "swap the lamp on that index");
    for word in ["second", "not", "clear", "12", ">=", "swap each"] {
        none("toggle_lamp", &format!("switch the lamp on the {word} index"));
    }
    none("toggle_lamp", "exchange, swap, replace the lamp on that index");
    none("toggle_lamp", "swap the lamp");
    assert!(covers("toggle_lamp", "''", &[0, 1]).is_err());
}

#[test]
fn who_says_the_opposite_of_its_name_asks_for_something_else() {
    let covers = |name: &str, description: &str| {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
             {name}(values: list[int]) -> list[int]\"\n    description: {description}\n"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let scope = Scope {
            subtasks: vec!["drop all keep negative number positive > 0 filter out".to_owned()],
            names: vec!["filter keep positive".to_owned()],
            ..Scope::default()
        };
        scope.covers(&specs[0].functions[0], &[]).map(drop).map_err(|outside| outside.name)
    };
    assert_eq!(
        covers("keep_positive", "keep the positive numbers, drop negative ones"),
        Err(vec![])
    );
    assert_eq!(covers("keep_positive", "drop all negative numbers, keep positive"), Ok(()));
    assert_eq!(covers("keep_negative", "keep the negative numbers").unwrap_err(), ["negative"]);
    assert_eq!(covers("filtered", "keep the negative numbers").unwrap_err(), ["negative"]);
    assert_eq!(covers("filtered", "filter out all positive numbers").unwrap_err(), ["out"]);
    assert_eq!(covers("filtered", "find out positive numbers"), Ok(()));
    // What is compared is said by signs, too.
    assert_eq!(covers("positive", "keep numbers > 0"), Ok(()));
    assert_eq!(covers("positive", "keep numbers >= 0"), Err(vec![]), "a word is lacking");
}

#[test]
fn a_word_that_is_nearly_one_of_shape_is_a_word() {
    assert_eq!(check("the largest number off the list").unwrap_err(), ["off"]);
    // Nor does a phrasing that has "of" know it.
    let of = Scope { subtasks: vec!["turn of to bit".to_owned()], ..Scope::default() };
    assert!(lacking(&of, "turn the bit").is_ok());
    assert!(lacking(&of, "turn off the bit").is_err());
    assert_ne!(stem("positions"), stem("positive"));
}

#[test]
fn parts_are_not_asked_for_in_words_that_the_model_does_not_know() {
    let reads = |description: &str| {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \"def top(values: \
             list[int]) -> int\"\n    description: {description}\n"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let scope = Scope {
            subtasks: owned(&["largest number", "even list"]),
            joins: owned(&["first then"]),
            calling: BTreeSet::new(),
            ..Scope::default()
        };
        scope.reads(&specs[0].functions[0]).map_err(|outside| outside.words)
    };
    assert_eq!(reads("first the even numbers, then the largest splendid one"), Ok(()));
    assert_eq!(reads("erst die geraden Zahlen").unwrap_err().len(), 4);
    assert_eq!(reads("''"), Err(vec![]));
}

#[test]
fn a_near_miss_is_outside() {
    assert_eq!(check("Return the largest of the values."), Ok(()));
    assert_eq!(check("Returns the largest number in the list."), Ok(()));
    assert_eq!(check("return the second largest number"), Err(vec!["second".to_owned()]));
    assert_eq!(check("add up the even numbers, each once").unwrap_err(), ["each", "once"]);
}

#[test]
fn forms_of_a_word_are_one_and_how_one_asks_does_not_matter() {
    assert_eq!(check("find out what is the largest of the listed numbers"), Ok(()));
    assert_eq!(check("work out the value you get when the even numbers are added up"), Ok(()));
    assert_eq!(check("the largest doubled"), Err(vec!["doubled".to_owned()]));
    assert_eq!(check("not the largest"), Err(vec!["not".to_owned()]));
    assert_eq!(check("finding a way, taking the largest"), Ok(()));
    // These change the task, and so may what is quoted.
    assert_eq!(check("the largest of all but the even numbers").unwrap_err().len(), 2);
    assert_eq!(check("the largest number like `12`").unwrap_err(), ["12"]);
}

#[test]
fn turns_of_speech_do_not_matter_and_their_words_do() {
    assert_eq!(check("the largest of the numbers that were in the list, if there  is one"), Ok(()));
    assert_eq!(check("the number that stands for the largest, in the same way"), Ok(()));
    assert_eq!(check("the largest in the same list").unwrap_err(), ["same"]);
    assert_eq!(check("the number that stands largest").unwrap_err(), ["stands"]);
    assert_eq!(check("the largest if there is oneness").unwrap_err(), ["oneness"]);
    assert_eq!(check("whether even, if there are any numbers").unwrap_err(), ["any"]);
    assert_eq!(check("the largest of `been` and the `wases`").unwrap_err(), ["been", "wases"]);
}

#[test]
fn words_of_two_subtasks_are_not_mixed() {
    assert_eq!(check("add up the largest even numbers"), Err(vec!["largest".to_owned()]));
}

#[test]
fn other_signs_make_another_task() {
    let of = |signs: &str| Scope {
        subtasks: vec![format!("join texts between {signs}")],
        ..Scope::default()
    };
    let asked = |description: &str| {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: glue\n    signature: \"def glue(texts: \
             list[str]) -> str\"\n    description: join the texts with {description} between them\n"
        );
        spec::parse(text.as_bytes(), "t.yaml").unwrap()[0].functions[0].clone()
    };
    let covers = |signs: &str, description: &str| {
        of(signs).covers(&asked(description), &[]).map_err(|outside| outside.words)
    };
    assert_eq!(covers(",␣ ;", "\", \""), Ok(Vec::new()));
    assert_eq!(covers(",␣ ;", "\",\""), Err(vec![",".to_owned()]));
    assert_eq!(covers(",␣", "';'"), Err(vec![";".to_owned()]));
    assert_eq!(covers(",␣ ;", "`;`"), Ok(Vec::new()));
}

#[test]
fn a_description_that_says_nothing_is_outside() {
    assert!(check("return it").is_err());
}

#[test]
fn a_function_that_calls_others_may_speak_of_what_they_do() {
    let text = "name: t\nlanguage: python\nfunctions:\n  - {name: a, signature: \"def a(values: \
                list[int]) -> int\", description: return the largest number}\n  - {name: b, \
                signature: \"def b(values: list[int]) -> int\", description: add up the even \
                values}\n  - {name: top, signature: \"def top(values: list[int]) -> int\", \
                description: DESCRIPTION, depends_on: [a, b]}\n";
    let taught = ["largest list number", "add up all even list number value"];
    let mut scope = Scope {
        subtasks: taught.map(str::to_owned).to_vec(),
        joins: ["first of to", "first then each of to", "drop fail"].map(str::to_owned).to_vec(),
        ..Scope::default()
    };
    let covers_by = |scope: &Scope, name: &str, description: &str, uses: &[usize]| {
        let text = text.replace("DESCRIPTION", description).replace("top", name);
        let functions = spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions;
        let uses: Vec<Used> = uses.iter().map(|at| used(&functions[*at], Vec::new())).collect();
        scope.covers(&functions[2], &uses)
    };
    let covers = |description: &str, uses: &[usize]| {
        covers_by(&scope, "top", description, uses).map(drop).map_err(|outside| outside.words)
    };
    let both = "first add up the even values. Then return the largest of each number";
    assert_eq!(covers(both, &[0, 1]), Ok(()));
    assert!(covers(both, &[0]).is_err());
    assert!(covers(both, &[]).is_err());
    // Words that only other phrasings of the called functions have are none of theirs, but for examples.
    let others = "first add up all even values. Then the largest";
    assert!(covers(others, &[0, 1]).is_err());
    let two = "examples: [{args: [[2]], returns: 2}, {args: [[1]], returns: 0}]";
    assert_eq!(covers(&format!("{others}, {two}"), &[0, 1]), Ok(()));
    assert!(covers(&format!("{others} number of three, {two}"), &[0, 1]).is_err());
    assert_eq!(covers("first add up the second largest", &[0, 1]).unwrap_err(), ["second"]);
    assert!(covers("first add up the even values off the largest", &[0, 1]).is_err());
    // It is called as its writer likes, as long as the name turns nothing.
    scope.names = vec!["largest".to_owned(), "sum even".to_owned()];
    assert_eq!(covers_by(&scope, "report", both, &[0, 1]), Ok(Vec::new()));
    for turn in ["second", "first"] {
        let turned = covers_by(&scope, &format!("{turn}_report"), both, &[0, 1]).unwrap_err();
        assert_eq!(turned.name, [turn], "though \"first\" joins");
    }
    // A turn that only phrasings behind it have is not forgotten.
    scope.subtasks[0].push_str(" second");
    let turned = covers_by(&scope, "second_report", &format!("{both}, {two}"), &[0, 1]);
    assert_eq!(turned, Ok(vec!["second".to_owned()]));
    // Ways to join are not mixed, and what is called is said by calling it only where it is called.
    let mixed = "first the largest. Drop the even values";
    assert_eq!(covers_by(&scope, "report", mixed, &[0, 1]).unwrap_err().words, ["drop"]);
    assert!(covers_by(&scope, "largest", "the b of the largest number", &[]).is_err());
}
