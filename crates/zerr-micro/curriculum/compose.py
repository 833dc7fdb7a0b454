"""Larger tasks made of entries, with their decomposition as ground truth.

A composite is an entry like any other (signature, phrasings, bodies that call its parts, cases),
with `parts`: the entries it is made of. What it is made of decides whether it is held out. One of the
parts of a program is a composite itself (`Composer.program`).
"""

import functools
import hashlib
import inspect
import random
import re

import curriculum
import values

# What training draws: two and three parts are harder to tell apart than one, and seldom fit by chance.
SHARES = {
    "pipe": 0.172, "guard": 0.122, "maybe": 0.102, "pair": 0.142, "choose": 0.142,
    "each": 0.072, "keep": 0.042, "tally": 0.032, "every": 0.032, "total": 0.062, "program": 0.12,
}
# The shapes of a program as a whole, and of its part that is a composite.
OUTER = {"pipe": 0.34, "guard": 0.1, "maybe": 0.1, "pair": 0.16, "choose": 0.1, "each": 0.08, "total": 0.05, "keep": 0.04, "tally": 0.03}
INNER = {"pipe": 0.36, "guard": 0.08, "maybe": 0.06, "pair": 0.14, "choose": 0.14, "each": 0.12, "keep": 0.05, "total": 0.05}
# How many composites may be such a part: each is met in several programs.
INNERS = 2500
# A program is made of at most so many entries: `train.losses_of` reads no more.
ENTRIES_MAX = 4
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
# The same for a program, by its shape: they tell where a part ends that has sentences of its own.
PROGRAMS = {
    "pipe": [
        "work in two steps. Step one: {a}. Step two: {b}", "do this in two stages. First stage: {a}. Second stage: {b}",
        "begin with this: {a}. When all of that is done: {b}", "take two steps. The first one: {a}. The second one, with its result: {b}",
        "split the work in two. One half: {a}. The other half: {b}",
    ],
    "guard": [
        "work in two steps, handing on any error. Step one: {a}. Step two: {b}",
        "do this in two stages. First stage: {a}. If it fails, return its error. Second stage: {b}",
        "begin with this: {a}. If there is an error, return it. When all of that is done: {b}",
        "take two steps. The first one: {a}. Its error stays as it is. The second one, with its result: {b}",
        "split the work in two. One half: {a}. Errors stay as they are. The other half: {b}",
    ],
    "maybe": [
        "work in two steps, stopping at None. Step one: {a}. Step two: {b}",
        "do this in two stages. First stage: {a}. If that is None, return None. Second stage: {b}",
        "begin with this: {a}. None stays None. When all of that is done: {b}",
        "take two steps. The first one: {a}. Without a result, return None. The second one, with its result: {b}",
        "split the work in two. One half: {a}. None stays None. The other half: {b}",
    ],
    "pair": [
        "return a pair of two results. Result one: {a}. Result two: {b}", "give two results. The first one: {a}. The second one: {b}",
        "do two things for two results. First thing: {a}. Second thing: {b}", "work out a pair. Its first value: {a}. Its second value: {b}",
        "split the work in two for a pair of results. One half: {a}. The other half: {b}",
    ],
    "choose": [
        "tell two cases apart by a test. The test: {c}. If it passes: {a}. If it fails: {b}", "decide between two ways. The condition: {c}. When it holds: {a}. When it does not: {b}",
        "check this: {c}. In that case: {a}. In any other case: {b}", "look at a condition. The condition: {c}. Case one, it holds: {a}. Case two, it does not: {b}",
        "decide by a test. This is the test: {c}. One way, if it passes: {a}. The other way: {b}",
    ],
    "each": [
        "do all of this for each item of the list: {a}", "go through the list. The work for each item: {a}", "take each item of the list. All to be done with it: {a}",
        "walk over the list. Do all of this with every item: {a}",
    ],
    "total": [
        "add up what all of this gives for each item: {a}", "go through the list for a sum. What each item adds: {a}", "return the total of the list. The work for each item: {a}",
        "sum up the results for all items. The work for every item: {a}",
    ],
    "keep": [
        "keep only the items for which all of this holds: {a}", "filter the list. The test of each item: {a}", "go through the list to drop what fails. The test of an item: {a}",
        "return the items that pass. The whole test of an item: {a}",
    ],
    "tally": [
        "count the items for which all of this holds: {a}", "count what passes in the list. The test of each item: {a}", "say how many items pass. The whole test of an item: {a}",
        "return how many items pass. The test of every item: {a}",
    ],
}
# How a composite is called as a part.
NAMES = {
    "pipe": "{a}_then_{b}", "guard": "{a}_then_{b}", "maybe": "{a}_then_{b}", "pair": "{a}_and_{b}", "choose": "{a}_or_{b}",
    "each": "{a}_for_all", "keep": "keep_{a}", "tally": "tally_{a}", "every": "every_{a}", "total": "total_{a}",
}


def simple(entry):
    """Whether an entry can be a part: its own function alone does the work."""
    if entry["uses"] or entry.get("reserved"):
        return False
    return all(len(curriculum.bodies(entry, language)) for language in ("rust", "python"))


def free(entry):
    """Whether a part takes whatever its type holds."""
    return "where" not in entry and not entry["domain"] and not entry["requires"]


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
        """A composite of the trained or held-out ones; `shares` of the shapes, otherwise all but programs
        alike."""
        fixed, tries = shares and rng.choices(list(shares), shares.values())[0], 0
        while True:
            # A shape that these entries hardly make is not waited for.
            tries += 1
            shape = fixed if fixed and tries < 300 else rng.choice(list(FORMS))
            made = getattr(self, shape)(rng)
            if made is None or held_out(made["id"].split(":")) != (split == "held"):
                continue
            key = made["id"]
            if key not in self.made:
                self.made[key] = finish(made)
            if self.made[key]:
                return self.made[key]

    def program(self, rng):
        """A composite of which one part is a composite."""
        shape = rng.choices(list(OUTER), OUTER.values())[0]
        for inner in rng.sample(self.inners, min(40, len(self.inners))):
            as_b = shape in ("pipe", "guard", "maybe") and free(inner) and rng.random() < 0.4
            made = getattr(self, shape)(rng, b=inner) if as_b else getattr(self, shape)(rng, inner)
            if made and self.made[inner["made"]] and apart(made, inner):
                break
        else:
            return None
        ids = [part.get("made", part["id"]) for part in made["parts"]]
        names = ["program_" + leaves(made)[0][1]["id"], "process", "run_all", "work_out", "handle", "solve_task", "do_work", "compute_all"]
        return made | {"id": ":".join(["program", shape, *ids]), "shape": "program", "outer": shape, "names": names}

    @functools.cached_property
    def inners(self):
        """The trained composites that are parts of programs."""
        rng = random.Random("inners")
        return [as_part(self.draw(rng, "do", INNER)) for _ in range(INNERS)]

    def before(self, rng, b, wanted):
        """A part whose result (or what is `wanted` of it) another one takes first."""
        takes = values.parse(first(b)[1])
        fitting = [e for e in self.parts if (given := wanted(kind(e))) and passed("value", given, takes)]
        return rng.choice(fitting or [None])

    def after(self, rng, given):
        """A part that takes a value of this type first."""
        fitting = [e for e in self.free if passed("value", given, values.parse(first(e)[1]))]
        return rng.choice(fitting) if fitting else None

    def pipe(self, rng, a=None, b=None):
        return self.chain("pipe", rng, a, b, lambda k: k)

    def chain(self, shape, rng, a, b, wanted):
        """One part behind the other; `wanted` is what of the first one's result is handed on."""
        if a is None:
            a = self.before(rng, b, wanted) if b else rng.choice([e for e in self.parts if wanted(kind(e))])
        given = a and wanted(kind(a))
        b = b or given and self.after(rng, given)
        how = given and b and passed("value", given, values.parse(first(b)[1]))
        if not how:
            return None
        more = list(b["types"].items())[1:]
        if a is b or {"value", *a["types"]} & set(dict(more)):
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

    def guard(self, rng, a=None, b=None):
        return self.chain("guard", rng, a, b, lambda k: k[0] == "result" and k[1])

    def maybe(self, rng, a=None, b=None):
        return self.chain("maybe", rng, a, b, lambda k: k[0] == "option" and k[1])

    def listed(self, shape, rng, a, wanted, returns, rust, python):
        fitting = [e for e in ([a] if a else self.unary) if len(e["types"]) == 1 and wanted(kind(e)) and item(values.parse(first(e)[1]))]
        a = rng.choice(fitting or [None])
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

    def each(self, rng, a=None):
        whole = lambda k: k[0] in COPIES or k == ("str", "String")
        return self.listed("each", rng, a, whole, lambda a, _: f"Vec<{a['returns']}>", [
            "items.iter().map(|PAT| CALL).collect()",
            "let mut result = Vec::new();\nfor PAT in items {\n    result.push(CALL);\n}\nresult",
        ], ["return [PY for x in items]", "result = []\nfor x in items:\n    result.append(PY)\nreturn result"])

    def keep(self, rng, a=None):
        return self.listed("keep", rng, a, lambda k: k == ("bool",), lambda _, held: f"Vec<{held}>", [
            "items.iter().filter(KEPT).cloned().collect()",
        ], ["return [x for x in items if PY]", "result = []\nfor x in items:\n    if PY:\n        result.append(x)\nreturn result"])

    def tally(self, rng, a=None):
        return self.listed("tally", rng, a, lambda k: k == ("bool",), lambda *_: "usize", [
            "items.iter().filter(KEPT).count()",
            "let mut count = 0;\nfor PAT in items {\n    if CALL {\n        count += 1;\n    }\n}\ncount",
        ], ["return sum(1 for x in items if PY)", "count = 0\nfor x in items:\n    if PY:\n        count += 1\nreturn count"])

    def every(self, rng):
        return self.listed("every", rng, None, lambda k: k == ("bool",), lambda *_: "bool", [
            "items.iter().all(|PAT| CALL)",
        ], ["return all(PY for x in items)"])

    def total(self, rng, a=None):
        return self.listed("total", rng, a, lambda k: k[0] == "int" and k[1] not in ("u8", "i8"), lambda a, _: a["returns"], [
            "items.iter().map(|PAT| CALL).sum()",
            "let mut total = 0;\nfor PAT in items {\n    total += CALL;\n}\ntotal",
        ], ["return sum(PY for x in items)", "total = 0\nfor x in items:\n    total += PY\nreturn total"])

    def pair(self, rng, a=None):
        a, b = self.alike(rng, a, lambda a, b: True)
        if a is None or a["returns"].startswith("Result<") or b["returns"].startswith("Result<"):
            return None
        calls = [f"{part['id']}({first(a)[0]})" for part in (a, b)]
        return self.entry("pair", [a, b], a["types"], f"({a['returns']}, {b['returns']})", [f"({', '.join(calls)})"], [f"return ({', '.join(calls)})", f"return {', '.join(calls)}"], a)

    def choose(self, rng, a=None):
        a, b = self.alike(rng, a, lambda a, b: a["returns"] == b["returns"])
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

    def alike(self, rng, a, fits):
        """Two parts that take the same one value; the second has no conditions of its own."""
        a = a or rng.choice(self.unary)
        if len(a["types"]) > 1:
            return None, None
        others = [e for e in self.unary if e is not a and free(e) and first(e)[1] == first(a)[1] and fits(a, e)]
        return (a, rng.choice(others)) if others else (None, None)

    def entry(self, shape, parts, types, returns, rust, python, source):
        ids = [part["id"] for part in parts]
        copies = values.parse(first(parts[0])[1])[0] in COPIES
        kept = f"|{'&&' if copies else ''}x| {ids[0]}(x)"
        rust = [inspect.cleandoc(text.replace("KEPT", kept)) for text in rust]
        names = [f"{shape}_{ids[0]}", "_then_".join(ids[:2]) if ids[1:] else f"{ids[0]}_for_all", "process", "run_all", "work_out", "handle", f"{ids[-1]}_of_{ids[0]}"[:40]]
        params = {name: next((p["params"][name] for p in parts if name in p["params"]), [name, "values", "xs", "entries"]) for name in types}
        # What the bodies call a result on its way.
        params = {name: [variant for variant in variants if variant == name or variant != "value"] for name, variants in params.items()}
        return {
            "id": f"{shape}:{':'.join(ids)}", "family": "composition", "shape": shape, "parts": parts, "names": names,
            "params": params, "types": types, "returns": returns, "uses": ids, "used": parts, "only_calling": True,
            "requires": [], "ensures": [], "properties": [], "tricky": [], "inputs": [], "at": "",
            "domain": source.get("domain", {}), "gen": source.get("gen", {}), "given": source.get("cases", []),
            **({"where": source["where"]} if "where" in source else {}),
            "rust_bodies": {"direct": rust}, "python_bodies": {"direct": python},
        }


def as_part(made):
    """A composite as an entry that another one may have for a part; `made` is what it was."""
    name = NAMES[made["shape"]].format(**dict(zip("abc", made["uses"])))
    return made | {"id": name, "made": made["id"], "names": [name], "do": [curriculum.unmarked(plain_phrasing(made))[0]]}


def leaves(made):
    """The entries that a composite is made of in the order of their marks, each with the number of the part
    that it belongs to, from 1."""
    return [(number, leaf) for number, part in enumerate(made["parts"], 1) for leaf in part.get("parts", [part])]


def apart(made, inner):
    """Whether a program is of few entries, each once, and is no held-out composite where only one of the
    inner part's entries stands for that."""
    ids = [leaf["id"] for _, leaf in leaves(made)]
    ways = ([(leaf if part is inner else part)["id"] for part in made["parts"]] for leaf in inner["parts"])
    return len(ids) == len(set(ids)) <= ENTRIES_MAX and not any(held_out([made["shape"], *way]) for way in ways)


def finish(made):
    """The composite with its cases, or None where they say too little."""
    import check

    made["cases"] = []
    scope = {}
    code = curriculum.function(made, "python", curriculum.bodies(made, "python")[0], {made["names"][0]: "composed"})
    import truth

    exec(truth.with_used(made, "python", code), scope)
    kinds, gives = curriculum.kinds_of(made), kind(made)
    rng = random.Random(made["id"])
    try:
        inputs = check.inputs_of(made, rng, 100)
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
    """One phrasing of a composite: a form filled with phrasings of its parts, each entry's between its mark
    of `curriculum.MARKS` and the last one."""
    form_of = lambda forms: rng.choice(forms[:-1] if split == "do" else forms)
    return filled(made, form_of, lambda part, fitting: one_of(part, fitting, rng, split))


def plain_phrasing(made):
    """The one phrasing that a composite has as a part."""
    return filled(made, lambda forms: forms[0], lambda part, fitting: next(filter(fitting, part["do"]), part["do"][0]))


def one_of(part, fitting, rng, split):
    text = rng.choice(list(filter(fitting, part[split])) or list(filter(fitting, part["do"])) or part["do"])
    return curriculum.vary(text, rng) if split == "do" and rng.random() < 0.4 else text


def filled(made, form_of, text_of, marks=None, own=True):
    """A composite's form with texts of its parts; only where it is its `own` function may the first part
    name its parameter."""
    marks = marks or iter(curriculum.MARKS)
    form, texts = form_of(PROGRAMS[made["outer"]] if "outer" in made else FORMS[made["shape"]]), {}
    if not own:
        form = form.replace("`{items}`", "the list")
    for slot, part in zip("abc", made["parts"]):
        named = own and slot == "a" and "items" not in made["types"]
        if "parts" in part:
            texts[slot] = filled(part, form_of, text_of, marks, slot == "a" and first(part)[0] in made["types"])
            continue
        text = text_of(part, lambda text: named or not names_first(text, part))
        if not named:
            text = text.replace("`{" + first(part)[0] + "}`", "it")
        texts[slot] = next(marks) + text + curriculum.MARKS[-1]
    # In one pass: what is filled in may hold parameters that are called like the slots.
    return re.sub(r"\{([abc])\}", lambda slot: texts.get(slot[1], ""), form)


def names_first(text, part):
    return "{" + first(part)[0] + "}" in text
