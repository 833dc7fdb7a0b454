"""Larger tasks made of entries, with their decomposition as ground truth.

A composite is an entry like any other (signature, phrasings, bodies that call its parts, cases),
with `parts`: the entries it is made of. What it is made of decides whether it is held out.
"""

import hashlib
import inspect
import re

import curriculum
import values

# What training draws: two and three parts are harder to tell apart than one, and seldom fit by chance.
SHARES = {
    "pipe": 0.18, "guard": 0.13, "maybe": 0.11, "pair": 0.15, "choose": 0.15,
    "each": 0.08, "keep": 0.05, "tally": 0.04, "every": 0.04, "total": 0.07,
}
COPIES = ("int", "bool", "char", "f64")
HELD_SHARE = 0.1
# "first {a}, then {b}" and so on: trained forms, and held-out ones at the end.
FORMS = {
    "pipe": [
        "first {a}. Then {b}", "{a}, then {b}", "{a} and after that {b}", "{a}. With the result, {b}", "{a}. After that, {b}", "{a}; then {b}",
        "start like this: {a}. Next, {b}", "{a}; with what that gives, {b}", "{a}. Take the result and {b}", "{a}, and next {b}",
        "do two things in a row: {a}, and {b}",
    ],
    "each": [
        "for each item, {a}", "{a}, and do so for every item of the list", "go through the list and {a} for each item",
        "take each item of the list and {a}", "walk over the list. For each item, {a}", "{a}; do this with all items", "for every item of `{items}`, {a}",
    ],
    "keep": [
        "keep only the items that pass this test: {a}", "drop the items that fail this test: {a}", "filter the list by a test: {a}",
        "return the items for which this holds: {a}", "go through the list and keep what passes the test: {a}",
    ],
    "tally": [
        "count the items that pass this test: {a}", "say how many items of the list pass the test: {a}", "return how often this test passes: {a}",
        "go through the list and count what passes: {a}", "count what passes this test in `{items}`: {a}",
    ],
    "every": [
        "check whether all items pass this test: {a}", "say whether every item of `{items}` passes the test: {a}",
        "return true only if each item passes: {a}", "test all items of the list: {a}",
    ],
    "total": [
        "for each item, {a}, and add up the results", "add up what you get for every item: {a}", "go through the list, {a} for each item, and return the sum",
        "sum up what this gives for all items: {a}", "{a} for each item of the list and return the total",
    ],
    "guard": [
        "first {a}. Then {b}. Errors stay as they are", "{a} and then {b}. Hand on any error", "{a}. If that is an error, return it. Otherwise {b}",
        "{a}. On success, {b}", "{a}; if that works, {b}, and if not, return the error", "first {a}, and return its error if there is one. Then {b}",
        "{a}; if that fails, fail in the same way, else {b}",
    ],
    "maybe": [
        "{a}. If there is a result, {b}, otherwise None", "{a}, then {b}. None stays None", "first {a}. If that is None, return None. Otherwise {b}",
        "{a}. When there is a result, {b}", "{a}; unless that is None, {b}", "{a}. Without a result, return None, and with one, {b}",
        "{a}; with what is found, {b}, and give None if nothing is",
    ],
    "pair": [
        "return a pair: {a}, and {b}", "do both and return a pair: {a}; {b}", "return two things: {a}; {b}", "give two results: {a}, and {b}",
        "{a}. Also {b}. Return both", "{a} and also {b}, and return the two results", "work out two things. The first: {a}. The second: {b}",
        "{a}, {b}, and return both results",
    ],
    "choose": [
        "test this: {c}. If so, {a}, otherwise {b}", "if the following holds, {a}, otherwise {b}. The condition: {c}",
        "check this: {c}. When it holds, {a}; when not, {b}", "{a} if a test passes, and {b} if not. This is the test: {c}",
        "decide by a test: {c}. If it passes, {a}. If it fails, {b}", "if this test passes, {a}, else {b}. The test: {c}",
    ],
}


def simple(entry):
    """Whether an entry can be a part: its own function alone does the work."""
    if entry["uses"] or entry.get("reserved"):
        return False
    return all(len(curriculum.bodies(entry, language)) for language in ("rust", "python"))


def free(entry):
    """Whether a part takes whatever its type holds."""
    return simple(entry) and "where" not in entry and not entry["domain"] and not entry["requires"]


def kind(entry):
    return values.parse(entry["returns"])


def first(entry):
    return next(iter(entry["types"].items()))


def passed(name, given, wanted):
    """The Rust expression that passes an owned value on, or None where types do not fit."""
    if given == wanted and given[0] in COPIES:
        return name
    fits = {"str": given[:1] == wanted[:1] and given != wanted, "vec": wanted[0] == "slice" and given[1:] == wanted[1:]}
    if given == ("str", "String") and wanted == ("str", "&str"):
        return f"&{name}"
    if fits.get(given[0]) and given[0] == "vec":
        return f"&{name}"
    if wanted[0] == "ref" and given == wanted[1]:
        return f"&{name}"
    return None


def item(scalar):
    """For a type that a list may hold: its text in a list, and how an iterated item is passed."""
    if scalar[0] in COPIES:
        return (scalar[1] if scalar[0] == "int" else scalar[0]), "&x", "x"
    if scalar == ("str", "&str"):
        return "String", "x", "x"
    return None


def held_out(ids):
    digest = hashlib.sha256(" ".join(ids).encode()).digest()
    return digest[0] < 256 * HELD_SHARE


class Composer:
    """Draws composites from checked entries."""

    def __init__(self, entries):
        self.parts = [entry for entry in entries if simple(entry)]
        self.free = [entry for entry in self.parts if free(entry)]
        self.unary = [entry for entry in self.parts if len(entry["types"]) == 1]
        self.made = {}

    def draw(self, rng, split, shares=None):
        """A composite of the trained or held-out ones; `shares` of the shapes, otherwise as they come."""
        fixed, tries = shares and rng.choices(list(shares), shares.values())[0], 0
        while True:
            # A shape that these entries hardly make is not waited for.
            tries += 1
            shape = fixed if fixed and tries < 300 else rng.choice(list(FORMS))
            made = getattr(self, shape)(rng)
            if made is None or held_out([shape, *(part["id"] for part in made["parts"])]) != (split == "held"):
                continue
            key = made["id"]
            if key not in self.made:
                self.made[key] = finish(made)
            if self.made[key]:
                return self.made[key]

    def after(self, rng, given, extra=True):
        """A part that takes a value of this type first, with how it is passed."""
        found = [(e, passed("value", given, values.parse(first(e)[1]))) for e in self.free]
        found = [(e, how) for e, how in found if how and (extra or len(e["types"]) == 1)]
        return rng.choice(found) if found else None

    def pipe(self, rng):
        a = rng.choice(self.parts)
        return self.chain("pipe", rng, a, kind(a), "{value}")

    def chain(self, shape, rng, a, given, _):
        found = self.after(rng, given)
        if not found:
            return None
        b, how = found
        more = list(b["types"].items())[1:]
        if a is b or set(dict(more)) & set(a["types"]):
            return None
        types = a["types"] | dict(more)
        call = f"{a['id']}({', '.join(a['types'])})"
        rest = "".join(f", {name}" for name, _ in more)
        returns = b["returns"]
        if shape == "pipe":
            direct = how.replace("value", call)
            rust = [f"{b['id']}({direct}{rest})", f"let value = {call};\n{b['id']}({how}{rest})"]
            python = [f"return {b['id']}({call}{rest})", f"value = {call}\nreturn {b['id']}(value{rest})"]
        elif shape == "guard":
            last = f"{b['id']}({how}{rest})"
            if not b["returns"].startswith("Result<"):
                last, returns = f"Ok({last})", f"Result<{b['returns']}, String>"
            rust = [f"let value = {call}?;\n{last}"]
            python = [f"return {b['id']}({call}{rest})", f"value = {call}\nreturn {b['id']}(value{rest})"]
        else:
            if b["returns"].startswith(("Option<", "Result<")):
                return None
            rust = [f"{call}.map(|value| {b['id']}({how}{rest}))", f"let value = {call}?;\nSome({b['id']}({how}{rest}))"]
            python = [f"value = {call}\nif value is None:\n    return None\nreturn {b['id']}(value{rest})"]
            returns = f"Option<{b['returns']}>"
        return self.entry(shape, [a, b], types, returns, rust, python, a | {"types": types})

    def guard(self, rng):
        a = rng.choice([e for e in self.parts if kind(e)[0] == "result"])
        return self.chain("guard", rng, a, kind(a)[1], "")

    def maybe(self, rng):
        a = rng.choice([e for e in self.parts if kind(e)[0] == "option"])
        return self.chain("maybe", rng, a, kind(a)[1], "")

    def listed(self, shape, rng, wanted, returns, rust, python):
        a = rng.choice([e for e in self.unary if wanted(kind(e)) and item(values.parse(first(e)[1]))] or [None])
        if a is None:
            return None
        held, pattern, used = item(values.parse(first(a)[1]))
        fill = lambda text: text.replace("PAT", pattern).replace("CALL", f"{a['id']}({used})").replace("PY", f"{a['id']}(x)")
        types = {"items": f"&[{held}]"}
        returns = returns(a, held)
        if returns is None:
            return None
        name = first(a)[0]
        source = {"domain": {"items": a["domain"][name]} if name in a["domain"] else {}, "gen": {"items": a["gen"][name]} if name in a["gen"] else {}}
        if "where" in a:
            source["where"] = f"all({a['where']} for {name} in items)"
        return self.entry(shape, [a], types, returns, [fill(t) for t in rust], [fill(t) for t in python], source)

    def each(self, rng):
        whole = lambda k: k[0] in COPIES or k == ("str", "String")
        return self.listed("each", rng, whole, lambda a, _: f"Vec<{a['returns']}>", [
            "items.iter().map(|PAT| CALL).collect()",
            "let mut result = Vec::new();\nfor PAT in items {\n    result.push(CALL);\n}\nresult",
        ], ["return [PY for x in items]", "result = []\nfor x in items:\n    result.append(PY)\nreturn result"])

    def keep(self, rng):
        return self.listed("keep", rng, lambda k: k == ("bool",), lambda _, held: f"Vec<{held}>", [
            "items.iter().filter(KEPT).cloned().collect()",
        ], ["return [x for x in items if PY]", "result = []\nfor x in items:\n    if PY:\n        result.append(x)\nreturn result"])

    def tally(self, rng):
        return self.listed("tally", rng, lambda k: k == ("bool",), lambda *_: "usize", [
            "items.iter().filter(KEPT).count()",
            "let mut count = 0;\nfor PAT in items {\n    if CALL {\n        count += 1;\n    }\n}\ncount",
        ], ["return sum(1 for x in items if PY)", "count = 0\nfor x in items:\n    if PY:\n        count += 1\nreturn count"])

    def every(self, rng):
        return self.listed("every", rng, lambda k: k == ("bool",), lambda *_: "bool", [
            "items.iter().all(|PAT| CALL)",
        ], ["return all(PY for x in items)"])

    def total(self, rng):
        return self.listed("total", rng, lambda k: k[0] == "int" and k[1] not in ("u8", "i8"), lambda a, _: a["returns"], [
            "items.iter().map(|PAT| CALL).sum()",
            "let mut total = 0;\nfor PAT in items {\n    total += CALL;\n}\ntotal",
        ], ["return sum(PY for x in items)", "total = 0\nfor x in items:\n    total += PY\nreturn total"])

    def pair(self, rng):
        a, b = self.alike(rng, 2, lambda a, b: True)
        if a is None or a["returns"].startswith("Result<") or b["returns"].startswith("Result<"):
            return None
        calls = [f"{part['id']}({first(a)[0]})" for part in (a, b)]
        return self.entry("pair", [a, b], a["types"], f"({a['returns']}, {b['returns']})", [f"({', '.join(calls)})"], [f"return ({', '.join(calls)})", f"return {', '.join(calls)}"], a)

    def choose(self, rng):
        a, b = self.alike(rng, 2, lambda a, b: a["returns"] == b["returns"])
        if a is None or kind(a)[0] == "bool":
            return None
        tests = [e for e in self.unary if kind(e) == ("bool",) and first(e)[1] == first(a)[1] and free(e)]
        if not tests:
            return None
        c, name = rng.choice(tests), first(a)[0]
        ca, cb, cc = (f"{part['id']}({name})" for part in (a, b, c))
        rust = [f"if {cc} {{\n    {ca}\n}} else {{\n    {cb}\n}}"]
        python = [f"if {cc}:\n    return {ca}\nreturn {cb}", f"return {ca} if {cc} else {cb}"]
        return self.entry("choose", [a, b, c], a["types"], a["returns"], rust, python, a)

    def alike(self, rng, count, fits):
        """Two parts that take the same one value; the second has no conditions of its own."""
        a = rng.choice(self.unary)
        others = [e for e in self.unary if e is not a and free(e) and first(e)[1] == first(a)[1] and fits(a, e)]
        return (a, rng.choice(others)) if others else (None, None)

    def entry(self, shape, parts, types, returns, rust, python, source):
        ids = [part["id"] for part in parts]
        copies = values.parse(first(parts[0])[1])[0] in COPIES
        kept = f"|{'&&' if copies else ''}x| {ids[0]}(x)"
        rust = [inspect.cleandoc(text.replace("KEPT", kept)) for text in rust]
        names = [f"{shape}_{ids[0]}", "_then_".join(ids[:2]) if ids[1:] else f"{ids[0]}_for_all", "process", "run_all", "work_out", "handle", f"{ids[-1]}_of_{ids[0]}"[:40]]
        params = {name: next((p["params"][name] for p in parts if name in p["params"]), [name, "values", "xs", "entries"]) for name in types}
        return {
            "id": f"{shape}:{':'.join(ids)}", "family": "composition", "shape": shape, "parts": parts, "names": names,
            "params": params, "types": types, "returns": returns, "uses": ids, "used": parts, "only_calling": True,
            "requires": [], "ensures": [], "properties": [], "tricky": [], "inputs": [], "at": "",
            "domain": source.get("domain", {}), "gen": source.get("gen", {}), "given": source.get("cases", []),
            **({"where": source["where"]} if "where" in source else {}),
            "rust_bodies": {"direct": rust}, "python_bodies": {"direct": python},
        }


def finish(made):
    """The composite with its cases, or None where they say too little."""
    import random

    import check

    made["cases"] = []
    scope = {}
    code = curriculum.function(made, "python", curriculum.bodies(made, "python")[0], {made["names"][0]: "composed"})
    import truth

    exec(truth.with_used(made, "python", code), scope)
    kinds, gives = curriculum.kinds_of(made), kind(made)
    rng = random.Random(made["id"])
    try:
        inputs = check.inputs_of(made, rng)
    except Exception:  # a condition that this composite cannot state
        return None
    for args in inputs[:14]:
        try:
            out = scope["composed"](*(values.lift(values.lower(a, k), k) for a, k in zip(args, kinds)))
        except ValueError as error:
            out = values.Err(str(error))
        except Exception:
            return None
        if isinstance(out, values.Err) and gives[0] != "result" or not fits(out, gives):
            return None
        made["cases"].append((args, out))
    if len(made["cases"]) < 5 or len({values.encode(out, gives) for _, out in made["cases"]}) < 3 - (gives == ("bool",)):
        return None
    return made


def fits(value, kind):
    """Whether integers stay within their Rust type."""
    match kind[0]:
        case "int":
            bits = 64 if kind[1] == "usize" else int(kind[1][1:])
            return (0 <= value < 2**bits) if kind[1][0] == "u" else (-(2 ** (bits - 1)) <= value < 2 ** (bits - 1))
        case "vec" | "set":
            return all(fits(v, kind[1]) for v in value)
        case "option":
            return value is None or fits(value, kind[1])
        case "result":
            return isinstance(value, values.Err) or fits(value, kind[1])
        case "tuple":
            return all(fits(v, k) for v, k in zip(value, kind[1:]))
    return True


def phrasing(made, rng, split):
    """One phrasing of a composite: a form filled with phrasings of its parts, each between its mark of
    `curriculum.MARKS` and the last one."""
    forms = FORMS[made["shape"]]
    form = rng.choice(forms[:-1]) if split == "do" else rng.choice(forms)
    filled = {}
    for slot, part in zip("abc", made["parts"]):
        options = [t for t in part[split] if not names_first(t, part) or (slot == "a" and "items" not in made["types"])]
        text = rng.choice(options or [t for t in part["do"] if not names_first(t, part)] or part["do"])
        if split == "do" and rng.random() < 0.4:
            text = curriculum.vary(text, rng)
        if slot != "a" or "items" in made["types"]:
            text = text.replace("`{" + first(part)[0] + "}`", "it")
        filled[slot] = curriculum.MARKS["abc".index(slot)] + text + curriculum.MARKS[-1]
    # In one pass: what is filled in may hold parameters that are called like the slots.
    return re.sub(r"\{([abc])\}", lambda slot: filled.get(slot[1], ""), form)


def names_first(text, part):
    return "{" + first(part)[0] + "}" in text
