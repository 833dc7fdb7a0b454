"""Entries of the curriculum as data, and how a request with its reply is drawn from one.

`entries/*.yaml` hold, for each function: `names` and `params` (the first is canonical, the others
are variants), `rust` (parameters -> result), `ints` (integer types that may stand in the signature),
`do` (trained phrasings), `held` (phrasings never trained on), `requires`, `ensures`, `uses`,
`inputs` (and `domain`, `gen`, `where` for random ones), and bodies that use the canonical names.
"""

import functools
import json
import pathlib
import re
import sys

import yaml

import prompt
import values

HERE = pathlib.Path(__file__).parent
OUT = HERE / "out"
TEMPLATES = {
    "do": [
        ("{Base}.", 10), ("{Conj}.", 6), ("Write a function to {base}.", 2), ("A function that {conj}.", 2),
        ("Please {base}.", 1), ("As a user, I want to {base}.", 1), ("It {conj}.", 1), ("{Base}", 2),
        ("We need a function. It {conj}.", 1), ("This function {conj}.", 1), ("Must {base}.", 1), ("TODO: {base}", 1), ("todo: {base}.", 1),
    ],
    "held": [("{Base}.", 10), ("{Conj}.", 6), ("{Base}", 2), ("This function {conj}.", 1)],
}
SYNONYMS = [
    ("a list", "a sequence"), ("the list", "the sequence"), ("the list", "the slice"), ("a string", "a text"),
    ("a text", "a string"), ("the text", "the string"), ("the string", "the text"), ("numbers", "integers"),
    ("number", "integer"), ("elements", "items"), ("elements", "values"), ("return", "give back"),
    ("return", "compute"), ("largest", "greatest"), ("whether", "if"), ("all", "all the"),
    ("upper case", "uppercase"), ("upper-case", "uppercase"), ("capitalize", "capitalise"),
    ("check", "test"), ("greater than", "above"), ("is equal to", "equals"),
    ("a list", "an array"), ("the list", "the array"), ("items", "elements"), ("integers", "whole numbers"), ("index", "position"),
    ("position", "index"), ("return the", "get the"), ("return the", "find the"), ("return the", "produce the"),
    ("give the", "return the"), ("give back", "return"), ("compute", "calculate"), ("compute", "work out"), ("find", "determine"),
    ("find", "look for"), ("check whether", "say whether"), ("say whether", "tell whether"), ("tell whether", "check whether"),
    ("smallest", "least"), ("largest", "biggest"), ("smallest", "lowest"), ("largest", "highest"), ("remove", "drop"),
    ("remove", "take out"), ("drop", "remove"), ("keep", "retain"), ("contains", "holds"), ("contains", "includes"),
    ("begins with", "starts with"), ("starts with", "begins with"), ("each", "every"), ("every", "each"), ("otherwise", "else"),
    ("otherwise", "if not"), ("without", "with no"), ("with no", "without"), ("greater than", "larger than"),
    ("greater than", "more than"), ("less than", "smaller than"), ("smaller than", "less than"), ("at most", "no more than"),
    ("at least", "no less than"), ("equal to", "the same as"), ("that are", "which are"), ("that is", "which is"),
    ("that has", "which has"), ("that have", "which have"), ("that do", "which do"), ("in upper case", "in capital letters"),
    ("average", "mean"), ("mean", "average"), ("add up", "sum up"), ("add up", "total"), ("the sum of", "the total of"),
    ("convert", "turn"), ("turn", "convert"), ("join", "combine"), ("split", "cut"), ("last", "final"), ("beginning", "start"),
    ("at the start", "in front"), ("at the end", "behind"), ("duplicates", "repeated ones"), ("ascending", "increasing"),
    ("ascending", "rising"), ("descending", "decreasing"), ("separated by", "parted by"), ("joined by", "joined with"),
    ("joined with", "joined by"), ("pick", "choose"), ("choose", "select"), ("select", "choose"), ("take", "pick"),
    ("as text", "as a string"), ("ignore", "skip"), ("ignoring", "skipping"), ("replace", "substitute"), ("one after the other", "in turn"),
    ("how many", "the number of"), ("in front of", "before"), ("followed by", "and then"), ("among", "of"), ("given", "passed"),
    ("the given", "the"), ("with its", "together with its"), ("only", "just"),
    ("element", "entry"), ("elements", "entries"), ("element", "member"), ("elements", "members"), ("item", "entry"), ("items", "entries"),
    ("character", "char"), ("characters", "chars"), ("character", "symbol"), ("characters", "symbols"), ("spaces", "blanks"),
    ("space", "blank"), ("whitespace", "white space"), ("digits", "numerals"), ("digit", "numeral"),
    ("lower case", "lowercase"), ("lower-case", "lowercase"), ("in lower case", "in small letters"), ("capital letters", "capitals"),
    ("in ascending order", "from smallest to largest"), ("in ascending order", "from low to high"),
    ("in descending order", "from largest to smallest"), ("sorted", "ordered"), ("sort", "order"), ("sort", "arrange"),
    ("the sum", "the total"), ("turn", "change"), ("turn", "transform"), ("convert", "transform"), ("convert", "change"), ("get", "fetch"),
    ("get", "obtain"), ("get", "retrieve"), ("return", "hand back"), ("return", "output"), ("return", "deliver"), ("return", "provide"),
    ("give", "provide"), ("give", "deliver"), ("give", "supply"), ("find", "locate"), ("find", "search for"), ("find", "identify"),
    ("look for", "search for"), ("look for", "find"), ("look up", "search for"), ("compute", "derive"), ("compute", "figure out"),
    ("calculate", "figure out"), ("calculate", "compute"), ("calculate", "work out"), ("work out", "compute"), ("make", "build"),
    ("make", "create"), ("make", "form"), ("build", "make"), ("build", "construct"), ("build", "assemble"), ("build", "create"),
    ("create", "make"), ("tell whether", "determine whether"), ("tell whether", "decide whether"), ("check whether", "verify that"),
    ("check whether", "see if"), ("check whether", "test whether"), ("decide whether", "determine whether"),
    ("decide whether", "tell whether"), ("test whether", "check whether"), ("say whether", "report whether"),
    ("determine whether", "tell whether"), ("the whole", "the entire"), ("the whole", "the complete"),
    ("both", "the two"), ("only", "solely"), ("are equal", "are the same"), ("is equal to", "is the same as"), ("equal to", "identical to"),
    ("the same", "the identical"), ("two", "2"), ("three", "3"), ("four", "4"), ("zero", "0"), ("put", "place"), ("take", "extract"),
    ("write", "render"), ("index", "place"), ("index", "offset"), ("position", "place"), ("position", "location"), ("report", "give"),
    ("report", "return"), ("report", "say"), ("the length", "the size"), ("keep", "preserve"), ("keep", "leave"), ("look at", "inspect"),
    ("look at", "consider"), ("below", "under"), ("below", "beneath"), ("under", "below"), ("above", "over"),
    ("otherwise", "in any other case"), ("otherwise", "in all other cases"), ("split", "break up"), ("split", "separate"),
    ("split", "break"), ("break", "split"), ("cut", "chop"), ("more than", "over"), ("more than", "in excess of"), ("less than", "under"),
    ("less than", "below"), ("fewer than", "less than"), ("at least", "not less than"), ("at least", "a minimum of"),
    ("at most", "not more than"), ("at most", "up to"), ("is missing", "is absent"), ("is missing", "is not there"), ("missing", "absent"),
    ("missing", "lacking"), ("the start", "the beginning"), ("stands", "appears"), ("stands", "sits"), ("stands", "comes"),
    ("occurs", "appears"), ("occurs", "is found"), ("occurs", "comes up"), ("comes", "appears"), ("next", "following"),
    ("previous", "preceding"), ("parse", "read"), ("parse", "interpret"), ("read", "parse"), ("read", "interpret"),
    ("around", "surrounding"), ("in front of", "ahead of"), ("decide", "determine"), ("decide", "find out"), ("behind", "after"),
    ("behind", "following"), ("result", "outcome"), ("result", "answer"), ("stays", "remains"), ("stay", "remain"),
    ("unchanged", "as it is"), ("unchanged", "untouched"), ("is left", "remains"), ("lists", "sequences"), ("lists", "arrays"),
    ("texts", "strings"), ("strings", "texts"), ("quotes", "quotation marks"), ("quote", "quotation mark"),
    ("is negative", "is below zero"), ("is positive", "is above zero"), ("twice", "two times"),
    ("often", "frequently"), ("smallest", "minimal"), ("smallest", "minimum"), ("largest", "maximal"),
    ("largest", "maximum"), ("maximum", "largest value"), ("minimum", "smallest value"), ("others", "other ones"),
    ("becomes", "turns into"), ("becomes", "is turned into"), ("may", "can"), ("can", "may"), ("amount", "quantity"), ("leave out", "omit"),
    ("leave out", "skip"), ("leave out", "drop"), ("left out", "omitted"), ("single", "lone"), ("holds", "contains"), ("contains", "has"),
    ("collect", "gather"), ("gather", "collect"), ("show", "display"), ("small letters", "lower-case letters"), ("again", "once more"),
    ("larger", "bigger"), ("larger", "greater"), ("smaller", "lower"), ("greatest", "largest"), ("greatest", "biggest"),
    ("highest", "largest"), ("highest", "top"), ("lowest", "smallest"), ("common", "shared"), ("begin", "start"), ("drop", "discard"),
    ("remove", "delete"), ("remove", "strip"), ("remove", "eliminate"), ("drop", "throw away"), ("drop", "leave out"),
    ("different", "distinct"), ("distinct", "different"), ("unique", "distinct"), ("different", "differing"),
    ("exactly", "precisely"), ("neighbours", "neighbors"), ("neighbouring", "adjacent"), ("adjacent", "neighbouring"),
    ("follows", "comes after"), ("replace", "exchange"), ("color", "colour"), ("colour", "color"), ("remainder", "rest"),
    ("several", "multiple"), ("validate", "check"), ("validate", "verify"), ("unless", "except if"), ("unless", "except when"),
    ("anything else", "everything else"), ("large", "big"), ("small", "little"), ("answer whether", "tell whether"), ("move", "shift"),
    ("change", "modify"), ("changes", "modifies"), ("range", "interval"), ("interval", "range"), ("differ", "are different"),
    ("differs", "is different"), ("wrong", "incorrect"), ("wrong", "invalid"), ("bad", "invalid"), ("bad", "malformed"),
    ("valid", "correct"), ("valid", "well-formed"), ("inside", "within"), ("within", "inside"), ("needed", "required"),
    ("required", "needed"), ("subtract", "take away"), ("subtract", "deduct"), ("kept", "retained"), ("kept", "preserved"),
    ("reversed", "turned around"), ("backwards", "in reverse"), ("merge", "combine"),
    ("combine", "merge"), ("combine", "join"), ("concatenate", "join"), ("join", "concatenate"), ("join", "glue together"),
    ("join", "put together"), ("swap", "exchange"), ("pad", "fill up"), ("pad", "fill"), ("surround", "enclose"), ("wrap", "enclose"),
    ("trim", "strip"), ("verify", "check"), ("prefix", "beginning"), ("suffix", "ending"), ("errors", "failures"), ("error", "failure"),
    ("message", "text"), ("program", "tool"),
]
NEEDED = "id names params rust do held inputs rust_bodies python_bodies".split()
# What stands before the words of each entry in a composite's phrasing, and behind them.
MARKS = "\ue001\ue002\ue003\ue004\ue000"
STYLES = ["direct", "iterator", "recursive", "table"]
PARTS = "calc perform run my find make item text number data process handle solve helper task func step".split()


def load():
    """All entries; those that were checked carry `cases` (input, output) from `out/checked.json`. Ends the program
    where entries cannot be read."""
    entries = []
    for path in sorted((HERE / "entries").glob("*.yaml")):
        text = path.read_text()
        lines = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("- ")]
        try:
            listed = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            sys.exit(f"entries/{path.name}:{error.problem_mark.line + 1}: {error.problem}")
        for line, entry in zip(lines, listed):
            entry["family"], entry["at"] = path.stem, f"entries/{path.name}:{line}"
            if lacking := [key for key in NEEDED if key not in entry]:
                sys.exit(f"{entry['at']}: {entry.get('id', 'an entry')}: lacks {', '.join(lacking)}")
            params, entry["returns"] = entry["rust"].rsplit(" -> ", 1)
            entry["types"] = dict(p.split(": ") for p in values.split(params))
            for key in ("uses", "requires", "ensures", "properties", "tricky"):
                entry.setdefault(key, [])
            for key in ("domain", "gen"):
                entry.setdefault(key, {})
            entries.append(entry)
    by_id = {entry["id"]: entry for entry in entries}
    checked = OUT / "checked.json"
    stored = json.loads(checked.read_text()) if checked.exists() else {}
    if not all(isinstance(known, dict) and isinstance(known["wrongs"], dict) for known in stored.values()):
        stored = {}  # of an older form; generate.py writes it anew
    reserved = set(yaml.safe_load((HERE / "reserved.yaml").read_text()))
    if unknown := reserved - set(by_id):
        sys.exit(f"reserved.yaml: no entry is called {', '.join(sorted(unknown))}")
    for entry in entries:
        if unknown := [name for name in entry["uses"] if name not in by_id]:
            sys.exit(f"{entry['at']}: {entry['id']}: uses {', '.join(unknown)}, which is no entry")
        entry["used"] = [by_id[name] for name in entry["uses"]]
        entry["reserved"] = entry["id"] in reserved
        kinds, gives = kinds_of(entry), values.parse(entry["returns"])
        known = stored.get(entry["id"], {"cases": [], "wrongs": {}})
        entry["cases"] = [
            ([values.lift(a, k) for a, k in zip(args, kinds)], values.lift(out, gives)) for args, out in known["cases"]
        ]
        entry["wrongs"] = {
            language: [(wrong, entry["cases"][at], body) for wrong, at, body in wrongs] for language, wrongs in known["wrongs"].items()
        }
    return entries


def trained():
    """The entries that are taught; those of `reserved.yaml` never are."""
    return [entry for entry in load() if not entry["reserved"]]


def kinds_of(entry):
    """The types of an entry's parameters, parsed."""
    return [values.parse(text) for text in entry["types"].values()]


def rename(code, names, language="rust"):
    """Replace whole identifiers, but no methods, escapes, text inside words or inside quotes; what
    stands in braces inside of quotes is code in both languages."""
    # A lone quote mark is a lifetime in Rust.
    single = r"""'(?:[^'\\]|\\.)'""" if language == "rust" else r"""'(?:[^'\\]|\\.)*'"""
    parts = re.split(rf"""({single}|"(?:[^"\\]|\\.)*")""", code)
    for old, new in names.items():
        pattern = rf"(?<![\\\w'])(?<!(?<!\.)\.){re.escape(old)}(?!\w)"
        change = lambda text: re.sub(pattern, f"\0{new}", text)
        parts = [in_braces(part, change) if at % 2 else change(part) for at, part in enumerate(parts)]
    return "".join(parts).replace("\0", "")


def in_braces(text, change):
    """Change what stands in the braces of a format text; doubled ones are plain text."""
    out, start, depth, at = "", 0, 0, 0
    while at < len(text):
        if depth == 0 and text[at : at + 2] in ("{{", "}}"):
            at += 2
            continue
        if text[at] == "{":
            if depth == 0:
                out, start = out + text[start:at], at
            depth += 1
        elif text[at] == "}" and depth:
            depth -= 1
            if depth == 0:
                out, start = out + change(text[start : at + 1]), at + 1
        at += 1
    return out + text[start:]


def signature(entry, language, names, ints=None):
    """The signature line as a spec writes it."""
    parts = []
    for param, text in entry["types"].items():
        kind = swap(text, entry, ints) if language == "rust" else values.python_type(values.parse(text))
        parts.append(f"{names.get(param, param)}: {kind}")
    name, inner = names.get(entry["names"][0], entry["names"][0]), ", ".join(parts)
    if language == "rust":
        return f"fn {name}({inner}) -> {swap(entry['returns'], entry, ints)}"
    return f"def {name}({inner}) -> {values.python_type(values.parse(entry['returns']))}:"


def swap(text, entry, ints):
    """Put another integer type in the place of the entry's first one."""
    return re.sub(rf"\b{entry['ints'][0]}\b", ints, text) if ints else text


def function(entry, language, body, names, ints=None):
    """The whole function."""
    head = signature(entry, language, names, ints)
    body = rename(swap(body, entry, ints) if language == "rust" else body, names, language)
    inner = "\n".join("    " + line if line else line for line in body.rstrip("\n").split("\n"))
    return f"{head} {{\n{inner}\n}}" if language == "rust" else f"{head}\n{inner}"


def bodies(entry, language, calling=None):
    """Bodies of an entry: all, or only those that do (not) call the functions it uses."""
    found = [body for style in STYLES for body in entry[f"{language}_bodies"].get(style, [])]
    if calling is None:
        return found
    pattern = "|".join(rf"\b{u}\(" for u in entry["uses"]) or r"(?!)"
    return [body for body in found if bool(re.search(pattern, body)) == calling]


def describe(text, rng, split):
    """A phrasing, filled in, set into a sentence: imperative, doc comment, user story, ..."""
    if text.lstrip(MARKS).split(" ")[0] in ("first", "for", "if", "with"):
        # No verb to bend: these stand as they are.
        return rng.choice(["{}.", "{}.", "{}", "TODO: {}"]).format(upper(text))
    conj = conjugate(text)
    forms, weights = zip(*TEMPLATES[split])
    template = rng.choices(forms, weights)[0]
    filled = (("{Base}", upper(text)), ("{Conj}", upper(conj)), ("{base}", text), ("{conj}", conj))
    for key, value in filled:
        template = template.replace(key, value)
    return template


def upper(text):
    """With a capital at the start, behind marks."""
    at = len(text) - len(text.lstrip(MARKS)) + 1
    return text[:at].upper() + text[at:]


def unmarked(text):
    """A text without marks, and the number of the entry that each of its characters tells of, from 1; 0: none."""
    plain, parts, part = [], [], 0
    for char in text:
        if char in MARKS:
            part = (MARKS.index(char) + 1) % len(MARKS)
        else:
            plain.append(char)
            parts.append(part)
    return "".join(plain), parts


def vary(text, rng):
    """Put other words of the same meaning into a phrasing, or leave its articles out as a note does, but
    never in what stands in quotes."""
    parts = re.split(r'("[^"]*"|`[^`]*`)', text)
    if rng.random() < 0.1:
        parts[::2] = [re.sub(r"\b(the|an?) (?=\w)(?!to\b|and\b|or\b)", "", part) for part in parts[::2]]
    fitting = synonyms_in(" ".join(parts[::2]))
    for old, new in rng.sample(fitting, min(len(fitting), rng.randint(1, 3))):
        for at in range(0, len(parts), 2):
            changed = word(old).sub(new, parts[at], count=1).replace("all the the ", "all the ")
            if changed != parts[at]:
                changed = re.sub(r"\ba (?=[aeio]|u[np](?!i))(?!one\b|once\b)", "an ", changed)
                parts[at] = re.sub(r"\ban (?=[b-df-gj-np-tv-z][a-z]+\b)", "a ", changed)
                break
    varied = "".join(parts)
    return text if plain_words(varied) in held_phrasings() else varied


@functools.cache
def word(text):
    """The pattern of a text that may be put in other words: "largest of", "find out", "in turn" are left alone."""
    return re.compile(rf"(?<!\bin )\b{text}\b(?! (?:of|out|back|away|off|on|around|over|rid|sure)\b)")


def synonyms_in(text):
    """The pairs whose first text stands in a text."""
    return [pair for pair in SYNONYMS if pair[0] in text and word(pair[0]).search(text)]


@functools.cache
def held_phrasings():
    """What no varied phrasing may become."""
    return {plain_words(text) for entry in load() for text in entry["held"]}


def plain_words(text):
    """A phrasing without what the reader need not see: case, marks."""
    return re.sub(r"[^a-z0-9{}]+", " ", text.lower()).strip()


def conjugate(text):
    """The third person of a phrasing's first verb."""
    verb, _, rest = text.partition(" ")
    if "-" in verb:
        return text
    if re.search(r"[^aeiou]y$", verb):
        verb = f"{verb[:-1]}ie"
    elif verb.endswith(("s", "h", "x", "z", "o")):
        verb = f"{verb}e"
    return f"{verb}s {rest}"


def draw(entry, language, rng, split="do", cases=(), examples=None, renamed=True, approach=None):
    """A request, one right reply and `others` that are as right; `examples` fixes how many are shown."""
    names = {}
    if renamed and rng.random() < 0.5:
        names[entry["names"][0]] = rng.choice(entry["names"])
        if split == "do" and rng.random() < 0.1:
            names[entry["names"][0]] = "_".join(rng.sample(PARTS, rng.randint(2, 3)))
    if renamed and rng.random() < 0.5:
        picked = {param: rng.choice(variants) for param, variants in entry["params"].items()}
        if len(set(picked.values())) == len(picked):
            names.update(picked)
    calling = bool(entry["uses"]) and (entry.get("only_calling", False) or rng.random() < 0.8)
    calls = []
    if calling:
        for used in entry["used"]:
            if renamed and rng.random() < 0.15:
                names[used["names"][0]] = rng.choice(used["names"])
            calls.append(signature(used, language, names))
        # A spec names what is called in any order.
        rng.shuffle(calls)
    ints = rng.choice(entry["ints"]) if renamed and language == "rust" and "ints" in entry else None
    fill = lambda text: fill_in(text, entry, names)
    phrasing = rng.choice(entry[split])
    # The parts of a composite are put in other words one by one.
    if split == "do" and "parts" not in entry and rng.random() < 0.5:
        phrasing = vary(phrasing, rng)
    count = examples if examples is not None else rng.choice([0, 0, 0, 0, 0, 1, 2, 3])
    short = [case for case in cases if len(repr(case)) <= 48] or list(cases)
    chosen = rng.sample(short, min(count, len(short)))
    keep = lambda texts: [fill(t) for t in texts] if rng.random() < 0.25 else []
    description = fill(phrasing) if entry.get("bare") else describe(fill(phrasing), rng, split)
    requires, ensures = keep(entry["requires"]), keep(entry["ensures"])
    request = {
        "role": "function",
        "language": language,
        "signature": signature(entry, language, names, ints),
        "description": description,
        # What is promised is promised of the calls that are allowed.
        "requires": [fill(text) for text in entry["requires"]] if ensures else requires,
        "ensures": ensures,
        "examples": [example(entry, language, names, case) for case in chosen],
        "calls": calls,
        "forbidden": ["recursion"] if rng.random() < 0.04 else [],
    }
    options = bodies(entry, language, calling if entry["uses"] else None) or bodies(entry, language)
    if request["forbidden"]:
        options = [body for body in options if f"{entry['names'][0]}(" not in body] or options
    elif approach is None and rng.random() < 0.2:
        approach = rng.choice(list(prompt.APPROACHES))
    styled = [body for body in options if body in entry[f"{language}_bodies"].get(approach, [])]
    body = rng.choice(styled or options)
    reply = function(entry, language, body, names, ints)
    others = [function(entry, language, other, names, ints) for other in styled or options if other != body]
    if approach == "test_first":
        others = []
        mark = "//" if language == "rust" else "#"
        shown = [example(entry, language, names, case) for case in rng.sample(short, min(2, len(short)))]
        first, rest = reply.split("\n", 1)
        reply = "\n".join([first, *(f"    {mark} {text}" for text in shown), rest])
    request["approach"] = approach
    return {
        "id": entry["id"], "request": request, "reply": reply, "others": others, "names": names, "ints": ints,
        "calling": calling, "chosen": chosen,
    }


def fill_in(text, entry, names):
    """Put parameter names into a phrasing or contract."""
    for param in entry["params"]:
        text = text.replace("{" + param + "}", names.get(param, param))
    return text.replace("{{", "{").replace("}}", "}")


def example(entry, language, names, case):
    """One example as the prompt shows it."""
    literal = values.rust if language == "rust" else values.python
    args, out = case
    shown = ", ".join(literal(a, values.parse(t)) for a, t in zip(args, entry["types"].values()))
    call = f"{names.get(entry['names'][0], entry['names'][0])}({shown})"
    if language == "python" and isinstance(out, values.Err):
        return f"{call} raises ValueError"
    return f"{call} == {literal(out, values.parse(entry['returns']))}"
