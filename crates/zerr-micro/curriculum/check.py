"""Check entries by running them: `python check.py [FILE...]` says what is wrong, with file and line.

Refused are entries that are not whole, names and phrasings that occur twice, phrasings that leak a
held-out one, bodies that do not compile, that disagree with each other on any input (of either
language, under any of the integer types) or change their arguments, bodies of one language that
part at extreme values (they would split votes), contracts and properties that do not hold, and
bodies that zerr would flag.
"""

import collections
import json
import pathlib
import random
import re
import sys

import curriculum
import truth
import values

INPUTS = 40
DO, HELD = 8, 3
KEYS = set(
    """id names params rust ints domain gen where do held requires ensures properties tricky inputs
    uses only_calling rust_bodies python_bodies""".split()
)
LINES_MAX = 16
HELPERS = {
    "div": lambda a, b: a // b, "mod": lambda a, b: a % b,
    "is_sorted": lambda xs: all(a <= b for a, b in zip(xs, xs[1:])),
    "contains": lambda xs, x: x in xs, "count": lambda xs, x: xs.count(x),
    "reversed": lambda xs: xs[::-1], "lower": str.lower, "upper": str.upper, "trim": str.strip,
    "starts_with": str.startswith, "ends_with": str.endswith, "first": lambda xs: xs[0], "last": lambda xs: xs[-1],
    "is_none": lambda x: x is None, "is_some": lambda x: x is not None, "unwrap": lambda x: x,
    "keys": lambda m: sorted(m), "values": lambda m: [v for _, v in sorted(m.items())],
}


def inputs_of(entry, rng, tries=400):
    """The entry's own inputs and random ones of its types that its `where` allows."""
    seen, found = set(), []
    kinds = {name: values.parse(text) for name, text in entry["types"].items()}
    given = entry["inputs"] + [case["args"] for case in entry["tricky"]]
    drawn = [[values.lift(a, k) for a, k in zip(args, kinds.values(), strict=True)] for args in given]
    for _ in range(tries):
        drawn.append([values.draw(kind, rng, entry["domain"].get(n), entry["gen"].get(n)) for n, kind in kinds.items()])
    for at, args in enumerate(drawn):
        allowed = eval(entry.get("where", "True"), dict(HELPERS), dict(zip(kinds, args)))
        if at < len(given) and not allowed:
            raise ValueError(f"the input {given[at]} is outside `where`")
        if repr(args) not in seen and allowed:
            seen.add(repr(args))
            found.append(args)
    return found[:INPUTS]


def extremes_of(entry, rng):
    """Values at the ends of the types of parameters that have no `domain` and no `gen`."""
    found = []
    for _ in range(60):
        args = []
        for name, kind in zip(entry["types"], curriculum.kinds_of(entry)):
            free = name not in entry["domain"] and name not in entry["gen"]
            plain = values.draw(kind, rng, entry["domain"].get(name), entry["gen"].get(name))
            args.append(values.extreme(kind, rng) if free else plain)
        allowed = eval(entry.get("where", "True"), dict(HELPERS), dict(zip(entry["types"], args)))
        if allowed and args not in found:
            found.append(args)
    return found[:16]


def bare(text):
    """A phrasing without what makes no difference to a reader: case, marks, articles."""
    return re.sub(r"\b(a|an|the) ", "", curriculum.plain_words(text))


def shape(entries):
    """What can be seen without running: (entry, message) pairs."""
    ids, phrases, names = {}, {}, {}
    held_by = {bare(text): entry["id"] for entry in entries for text in entry["held"]}
    for entry in entries:
        say = lambda message: (entry, message)
        if extra := set(entry) - KEYS - {"family", "types", "returns", "used", "cases", "wrongs", "reserved", "at"}:
            yield say(f"unknown keys {sorted(extra)}")
        if entry["id"] in ids:
            yield say(f"the id is taken by {ids[entry['id']]}")
        ids[entry["id"]] = entry["at"]
        if entry["id"] != entry["names"][0] or len(entry["names"]) < 3:
            yield say("the first of at least three names is the id")
        for name in entry["names"]:
            # Where types differ it is told by them.
            key = (name, *map(str, curriculum.kinds_of(entry)), entry["returns"])
            if names.setdefault(key, entry["id"]) != entry["id"]:
                yield say(f"the name `{name}` is one of {names[key]}'s, which has the same types")
        if set(entry["params"]) != set(entry["types"]) or any(k != v[0] for k, v in entry["params"].items()):
            yield say("`params` and `rust` must name the same parameters, the canonical one first")
        if len(entry["do"]) < DO or len(entry["held"]) < HELD:
            yield say(f"needs {DO} phrasings in `do` and {HELD} in `held`")
        if entry["ensures"] and entry["returns"].startswith("Result<"):
            yield say("`ensures` of a Result means other things in the two languages: say it as a property")
        for text in entry["do"] + entry["held"]:
            if not text[:1].islower() or text.endswith("."):
                yield say(f"a phrasing begins with a verb in lower case and ends without a full stop: {text!r}")
            if unknown := set(re.findall(r"(?<!\{)\{(\w+)\}(?!\})", text)) - set(entry["types"]):
                yield say(f"a phrasing names no parameter: {sorted(unknown)}")
            key = (curriculum.plain_words(text), entry["rust"].split(" -> ")[1])
            if key in phrases and phrases[key] != entry["id"]:
                yield say(f"{phrases[key]} has the same phrasing: {text!r}")
            phrases[key] = entry["id"]
        trained, held = ({curriculum.plain_words(text) for text in entry[split]} for split in ("do", "held"))
        if leaked := sorted((bare(text), text) for text in entry["do"] if bare(text) in held_by):
            yield say(f"a trained phrasing leaks a held-out one of {held_by[leaked[0][0]]}: {leaked[0][1]!r}")
        if len(trained | held) < len(entry["do"]) + len(entry["held"]):
            yield say("a phrasing stands twice")
        for language in ("rust", "python"):
            styles = entry[f"{language}_bodies"]
            if not isinstance(styles, dict) or set(styles) - set(curriculum.STYLES):
                yield say(f"{language}_bodies are lists under {curriculum.STYLES}")
                continue
            if len(curriculum.bodies(entry, language)) < 2:
                yield say(f"needs two {language} bodies")
            for body in curriculum.bodies(entry, language):
                if body.rstrip("\n").count("\n") >= LINES_MAX:
                    yield say(f"a {language} body has more than {LINES_MAX} lines:\n{body}")
                if re.search(r"\b(import|use|unwrap|panic!|println!|print|todo!|unsafe)\b(?!_)", re.sub(r'"[^"]*"', "", body)):
                    yield say(f"a {language} body has what zerr flags or people avoid:\n{body}")
                if language == "python" and not re.search(r"\b(return|raise)\b", body):
                    yield say(f"a python body returns nothing:\n{body}")
            for body in styles.get("recursive", []):
                if not re.search(rf"\b{entry['id']}\(|\bfn \w+\(|\bdef \w+\(", body):
                    yield say(f"a recursive {language} body does not call itself:\n{body}")


def run(entries):
    """What running finds: (entry, message) pairs; entries get their cases."""
    rng, ran, bad = random.Random(1), {}, set()
    for entry in list(entries):
        try:
            entry["cases"] = [(args, None) for args in inputs_of(entry, rng)]
        except Exception as error:  # whatever a wrong entry raises is its finding
            yield entry, f"its inputs: {type(error).__name__}: {error}"
            entries.remove(entry)
            continue
        if len(entry["cases"]) < 4:
            yield entry, f"only {len(entry['cases'])} inputs"
    for language, runner in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        for entry in entries:
            for ints in entry.get("ints", [None]) if language == "rust" else [None]:
                for body in curriculum.bodies(entry, language):
                    code = curriculum.function(entry, language, body, {}, ints)
                    jobs.append({"entry": entry, "body": body, "code": truth.with_used(entry, language, code), "name": entry["id"], "ints": ints, "head": code.split("\n")[0]})
        for job, outs in zip(jobs, runner(jobs)):
            ran.setdefault(job["entry"]["id"], []).append((language, job, outs))
    for entry in entries:
        # What most bodies do is right, so that one mistake is one finding.
        usual = collections.Counter(json.dumps(outs) for _, _, outs in ran[entry["id"]] if outs is not None)
        usual = json.loads(usual.most_common(1)[0][0]) if usual else None
        for language, job, outs in ran[entry["id"]]:
            place = f"{line_of(entry, job['body'])}: a {language} body"
            if outs is None:
                yield entry, f"{place} does not compile, or does not end in time\n{job['code']}"
            elif outs != usual or {"raised", "unfit", "mutated"} & set(outs):
                pairs = enumerate(zip(outs, usual))
                at = next(i for i, (a, b) in pairs if a != b or a in ("raised", "unfit", "mutated"))
                where = f"{entry['cases'][at][0]}: {outs[at]} where most give {usual[at]}"
                yield entry, f"{place} differs at {where}\n{job['code']}"
            elif len(set(outs)) < 2:
                yield entry, f"all inputs give {outs[0]}"
            else:
                continue
            bad.add(entry["id"])
    yield from part_ways([entry for entry in entries if entry["id"] not in bad], rng)


def line_of(entry, body):
    """The line of the entry's file where a body begins, or of the entry where it is not found."""
    name, start = entry["at"].split(":")
    lines, first = (curriculum.HERE / name).read_text().split("\n"), body.strip().split("\n")[0].strip()
    for number in range(int(start), len(lines)):
        if number > int(start) and lines[number].startswith("- id:"):
            break
        if lines[number].strip().removeprefix("- ").strip("'\"") in (first, "|" + first):
            return f"line {number + 1}"
    return f"line {start}"


def part_ways(entries, rng):
    """Bodies of one language that differ at extreme values."""
    far = [entry | {"cases": [(args, None) for args in extremes_of(entry, rng)]} for entry in entries]
    for language, runner in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        for entry in far:
            for body in curriculum.bodies(entry, language):
                code = curriculum.function(entry, language, body, {})
                jobs.append({"entry": entry, "code": truth.with_used(entry, language, code), "name": entry["id"], "ints": None, "head": code.split("\n")[0]})
        first = {}
        for job, outs in zip(jobs, runner(jobs)):
            entry = job["entry"]
            known = first.setdefault(entry["id"], outs)
            if outs is None or known is None:
                yield entry, f"a {language} body does not end in time on extreme values (give a `domain`)\n{job['code']}"
            elif outs != known:
                at = next(i for i, (a, b) in enumerate(zip(outs, known)) if a != b)
                yield entry, f"a {language} body differs at the extreme {entry['cases'][at][0]}: {outs[at]} where another gives {known[at]}\n{job['code']}"


def contracts(entry, checked):
    """Contracts and properties that do not hold on the entry's cases."""
    scope = {}
    code = curriculum.function(entry, "python", curriculum.bodies(entry, "python")[0], {})
    exec(truth.with_used(entry, "python", code), scope)
    function, kinds = scope[entry["id"]], curriculum.kinds_of(entry)

    def called(*args):
        try:
            return function(*(values.lift(values.lower(a, k), k) for a, k in zip(args, kinds)))
        except ValueError as error:
            return values.Err(str(error))

    def holds(text, args, out):
        names = dict(zip(entry["types"], args)) | {"result": out, "f": called}
        plain = curriculum.fill_in(text, entry, {}).replace("&&", " and ").replace("||", " or ")
        try:
            return eval(re.sub(r"!(?!=)", " not ", plain), dict(HELPERS), names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    for args, _ in entry["cases"]:
        out = called(*args)
        checked.append((args, out))
        for text in entry["requires"] + ([] if isinstance(out, values.Err) else entry["ensures"]) + entry["properties"]:
            if (held := holds(text, args, out)) is not True:
                yield entry, f"`{text}` does not hold for {args} -> {out!r} ({held})"
                return
    # Whoever takes them for a spec tries them on all calls that they allow.
    for args in wider(entry, kinds):
        if not all(holds(text, args, None) is True for text in entry["requires"]):
            continue
        try:
            out = function(*args)
        except Exception:
            continue
        for text in entry["ensures"]:
            if (held := holds(text, args, out)) is not True:
                yield entry, f"`{text}` does not hold for {args} -> {out!r}, which `requires` allows ({held})"
                return


def wider(entry, kinds):
    """Arguments that the cases do not have and Python's types do: numbers below zero, letters whose capitals are two,
    texts for one character."""
    others = {"int": [-1, 300], "str": ["ß", "a-b c"], "char": ["abc", ""]}
    for args, _ in entry["cases"][:3]:
        for at, kind in enumerate(kinds):
            for other in others.get(kind[0], []):
                yield [*args[:at], other, *args[at + 1 :]]
            if kind[0] in ("slice", "vec") and kind[1][0] in others:
                for other in others[kind[1][0]]:
                    yield [*args[:at], [other], *args[at + 1 :]]


def check(entries, only=None):
    """All findings as texts with file and line; fills in the cases of entries without any."""
    wanted = [entry for entry in entries if only is None or entry["family"] in only]
    found = [pair for pair in shape(entries) if pair[0] in wanted]
    bad = {entry["id"] for entry, _ in found}
    sound = [entry for entry in wanted if entry["id"] not in bad]
    found += run(sound)
    bad = {entry["id"] for entry, _ in found}
    for entry in sound:
        if entry["id"] not in bad:
            checked = []
            found += contracts(entry, checked)
            entry["cases"] = checked
    return [f"{entry['at']}: {entry['id']}: {message}" for entry, message in found]


def main():
    entries = curriculum.load()
    only = {pathlib.Path(name).stem for name in sys.argv[1:]} or None
    messages = check(entries, only)
    print("\n".join(messages[:60]))
    wanted = [entry for entry in entries if only is None or entry["family"] in only]
    print(f"{len(wanted)} entries, {len(messages)} findings")
    sys.exit(1 if messages else 0)


if __name__ == "__main__":
    main()
