"""Entries of the curriculum as data, and how a request with its reply is drawn from one.

`entries/*.yaml` hold, for each function: `names` and `params` (the first is canonical, the others
are variants), `rust` (parameters -> result), `ints` (integer types that may stand in the signature),
`do` (trained phrasings), `held` (phrasings never trained on), `requires`, `ensures`, `uses`,
`inputs` (and `domain`, `gen`, `where` for random ones), and bodies that use the canonical names.
"""

import json
import pathlib
import re

import yaml

import values

HERE = pathlib.Path(__file__).parent
OUT = HERE / "out"
TEMPLATES = {
    "do": [
        ("{Base}.", 10), ("{Conj}.", 6), ("Write a function to {base}.", 2), ("A function that {conj}.", 2),
        ("Please {base}.", 1), ("As a user, I want to {base}.", 1), ("It {conj}.", 1), ("{Base}", 2),
        ("We need a function. It {conj}.", 1), ("This function {conj}.", 1), ("Must {base}.", 1),
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
]
PARTS = "calc perform run my find make item text number data process handle solve helper task func step".split()


def load():
    """All entries; those that were checked carry `cases` (input, output) from `out/checked.json`."""
    entries = []
    for path in sorted((HERE / "entries").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text()):
            entry["family"] = path.stem
            params, entry["returns"] = entry["rust"].rsplit(" -> ", 1)
            entry["types"] = dict(p.split(": ") for p in params.split(", "))
            for key in ("uses", "requires", "ensures"):
                entry.setdefault(key, [])
            for key in ("domain", "gen"):
                entry.setdefault(key, {})
            entries.append(entry)
    by_id = {entry["id"]: entry for entry in entries}
    checked = OUT / "checked.json"
    stored = json.loads(checked.read_text()) if checked.exists() else {}
    for entry in entries:
        entry["used"] = [by_id[name] for name in entry["uses"]]
        entry["cases"] = [
            (args, values.Err(out["err"]) if isinstance(out, dict) else out) for args, out in stored.get(entry["id"], [])
        ]
    return entries


def rename(code, names):
    """Replace whole identifiers, but no methods, escapes or text inside words."""
    for old, new in names.items():
        code = re.sub(rf"(?<![\\\w'])(?<!(?<!\.)\.){re.escape(old)}(?!\w)", f"\0{new}", code)
    return code.replace("\0", "")


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
    body = rename(swap(body, entry, ints), names) if language == "rust" else rename(body, names)
    inner = "\n".join("    " + line if line else line for line in body.rstrip("\n").split("\n"))
    return f"{head} {{\n{inner}\n}}" if language == "rust" else f"{head}\n{inner}"


def bodies(entry, language, calling=None):
    """Bodies of an entry: all, or only those that do (not) call the functions it uses."""
    found = entry[f"{language}_bodies"]
    if calling is None:
        return found
    pattern = "|".join(rf"\b{u}\(" for u in entry["uses"]) or r"(?!)"
    return [body for body in found if bool(re.search(pattern, body)) == calling]


def describe(text, rng, split):
    """One phrasing set into a sentence: imperative, doc comment, user story, ..."""
    if split == "do" and rng.random() < 0.35:
        for _ in range(rng.randint(1, 2)):
            old, new = rng.choice(SYNONYMS)
            text = re.sub(rf"\b{old}\b", new, text, count=1)
    verb, _, rest = text.partition(" ")
    ending = "es" if verb.endswith(("s", "h", "x")) else "s"
    conj = f"{verb}{ending} {rest}" if "-" not in verb else text
    if verb.endswith("ry"):
        conj = f"{verb[:-1]}ies {rest}"
    forms, weights = zip(*TEMPLATES[split])
    template = rng.choices(forms, weights)[0]
    upper = lambda s: s[:1].upper() + s[1:]
    filled = (("{Base}", upper(text)), ("{Conj}", upper(conj)), ("{base}", text), ("{conj}", conj))
    for key, value in filled:
        template = template.replace(key, value)
    return template


def draw(entry, language, rng, split="do", cases=(), examples=None, renamed=True):
    """A request and one right reply; `examples` fixes how many examples are shown."""
    names = {}
    if renamed and rng.random() < 0.5:
        names[entry["names"][0]] = rng.choice(entry["names"])
        if split == "do" and rng.random() < 0.15:
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
    ints = rng.choice(entry["ints"]) if renamed and language == "rust" and "ints" in entry else None
    fill = lambda text: fill_in(text, entry, names)
    count = examples if examples is not None else rng.choice([0, 0, 1, 2, 3, 4])
    short = [case for case in cases if len(json.dumps(case[0])) <= 40] or list(cases)
    chosen = rng.sample(short, min(count, len(short)))
    keep = lambda texts: [fill(t) for t in texts] if rng.random() < 0.4 else []
    request = {
        "language": language,
        "signature": signature(entry, language, names, ints),
        "description": describe(fill(rng.choice(entry[split])), rng, split),
        "requires": keep(entry["requires"]),
        "ensures": keep(entry["ensures"]),
        "examples": [example(entry, language, names, case) for case in chosen],
        "calls": calls,
        "forbidden": ["recursion"] if rng.random() < 0.04 else [],
    }
    options = bodies(entry, language, calling if entry["uses"] else None)
    if request["forbidden"]:
        options = [body for body in options if f"{entry['names'][0]}(" not in body] or options
    reply = function(entry, language, rng.choice(options), names, ints)
    return {"id": entry["id"], "request": request, "reply": reply, "names": names, "ints": ints, "calling": calling}


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
