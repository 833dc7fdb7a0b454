"""What is drawn for each role: a request, and a right reply. Main function: `draw`."""

import random
import re

import compose
import curriculum
import prompt
import truth
import values

LANGUAGES = ("rust", "python")
ATOMIC = "one function"
COMPOSITES = 0.18
# Composites that are asked for as a split of a larger one names them.
PARTS = 0.1


def draw(role, entries, rng, split="do", entry=None, language=None, examples=None):
    """A drawn request: `id`, `request`, `reply`, `others` (replies as right), `entry` and what checks
    of the reply need; of a composite also `told`, which of its entries each character of the description
    tells of (`curriculum.unmarked`)."""
    language = language or rng.choice(LANGUAGES)
    if entry is None:
        entry = composite(entries, rng, split) if is_composite(role, rng) else rng.choice(entries)
    if "parts" in entry:
        entry = asked(entry, rng, split)
    drawn = ROLES[role](entry, language, rng, split, examples)
    if drawn and role not in ("function", "translate"):
        drawn["others"] = []  # of the function it is about, not of this role
    if drawn and "parts" in entry:
        drawn["request"]["description"], drawn["told"] = curriculum.unmarked(drawn["request"]["description"])
    return drawn and drawn | {"role": role, "entry": entry}


def asked(entry, rng, split):
    """A composite with the phrasing that it is asked for by."""
    if split == "do" and "outer" not in entry and rng.random() < PARTS:
        return entry | {split: [compose.plain_phrasing(entry)], "names": compose.as_part(entry)["names"], "bare": True}
    return entry | {split: [compose.phrasing(entry, rng, split)]}


def is_composite(role, rng):
    """Whether the next task of a role is made of several entries."""
    return rng.random() < {"decompose": 0.85, "function": COMPOSITES}.get(role, 0.0)


def composite(entries, rng, split):
    """A composite: for training with more of the hard ones."""
    return composer(entries).draw(rng, split, compose.SHARES if split == "do" else dict.fromkeys(compose.SHARES, 1))


def composer(entries, known={}):
    """The composer of these entries, made once."""
    key = tuple(entry["id"] for entry in entries)
    if key not in known:
        known[key] = compose.Composer(entries)
    return known[key]


def function(entry, language, rng, split, examples):
    return curriculum.draw(entry, language, rng, split=split, cases=entry["cases"], examples=examples)


def told(entry, language, rng, split, examples):
    """A function's task, drawn as for writing it, without what it may call."""
    drawn = curriculum.draw(entry, language, rng, split=split, cases=entry["cases"], examples=examples)
    drawn["request"] |= {"calls": [], "forbidden": [], "approach": None}
    return drawn


def part_lines(part, language):
    """What a decomposition says of one part, always in the same words. Not its contracts, which could stand
    there: no vote compares them, and the engine lets none judge that a model wrote."""
    text = curriculum.fill_in(part["do"][0], part, {})
    return [curriculum.signature(part, language, {}), f"Does: {text}"]


def decompose(entry, language, rng, split, examples):
    drawn = told(entry, language, rng, split, examples)
    drawn["request"]["role"] = "decompose"
    lines = [ATOMIC] if "parts" not in entry else [line for part in entry["parts"] for line in part_lines(part, language)]
    return drawn | {"reply": "\n".join(lines)}


def translate(entry, language, rng, split, examples):
    other = LANGUAGES[language == "rust"]
    drawn = curriculum.draw(entry, language, rng, split=split, cases=entry["cases"], examples=0)
    options = curriculum.bodies(entry, other, drawn["calling"] if entry["uses"] else None) or curriculum.bodies(entry, other)
    drawn["request"] = {
        "role": "translate", "language": language, "source_language": other, "signature": drawn["request"]["signature"],
        "code": curriculum.function(entry, other, rng.choice(options), drawn["names"]),
    }
    drawn["reply"] = without_comments(drawn["reply"], language)
    drawn["others"] = [without_comments(code, language) for code in drawn["others"]]
    return drawn


def without_comments(code, language):
    mark = "//" if language == "rust" else "#"
    return "\n".join(line for line in code.split("\n") if not line.lstrip().startswith(mark))


def examples(entry, language, rng, split, shown):
    """Two typical inputs and two tricky ones, of those that the entry gives the shortest: always the
    same, so that what they give is learnt with the function and need not be calculated."""
    drawn = told(entry, language, rng, split, 0)
    drawn["request"]["role"] = "examples"
    lines = [curriculum.example(entry, language, drawn["names"], case) for case in telling(entry)]
    return drawn | {"reply": "\n".join(lines)}


def telling(entry):
    """Up to four cases of an entry that say most in few words, in its own order."""
    count = len(entry["inputs"])
    typical, tricky = entry["cases"][:count], entry["cases"][count : count + len(entry["tricky"])]
    shortest = lambda cases, most: sorted(cases, key=lambda case: len(repr(case)))[:most]
    chosen = shortest(typical, 4 - min(2, len(tricky)))
    chosen += shortest(tricky, 4 - len(chosen))
    return [case for case in entry["cases"] if any(case is one for one in chosen)]


def describe(entry, language, rng, split, shown):
    drawn = curriculum.draw(entry, language, rng, split=split, cases=entry["cases"], examples=0)
    text = curriculum.fill_in(entry["do"][0], entry, drawn["names"])
    code = without_comments(drawn["reply"], language)
    drawn["request"] = {"role": "describe", "language": language, "code": code}
    return drawn | {"reply": text[:1].upper() + text[1:] + "."}


# Small mistakes of the kinds that models make.
MISTAKES = [
    (r"<=", "<"), (r">=", ">"), (r"(?<![<>=!-])<(?![<=a-zA-Z&(])", "<="), (r" > ", " >= "), (r"==", "!="), (r"!=", "=="),
    (r" \+ ", " - "), (r" - ", " + "), (r"\b0\b", "1"), (r"\b1\b", "2"), (r" and ", " or "), (r" && ", " || "),
    (r"\.rev\(\)", ""), (r"\.min\(", ".max("), (r"\bmax\(", "min("), (r"\bmin\(", "max("), (r"True", "False"), (r"\btrue\b", "false"),
    (r" \* ", " + "), (r"\bnot ", ""), (r"\.trim\(\)", ""), (r"\.strip\(\)", ""), (r" % 2", " % 3"),
]


def wrongs(entries, language):
    """For each entry wrong functions under its canonical names: (code, case that shows it, body). In Rust
    the case has to give another result: what panics, or does not compile, is seen without being told."""
    jobs = []
    for entry in entries:
        rng = random.Random(entry["id"])
        for body in curriculum.bodies(entry, language, False if entry["uses"] else None):
            code = curriculum.function(entry, language, body, {})
            places = [(old, new, m.start()) for old, new in MISTAKES for m in re.finditer(old, code) if "\n" in code[: m.start()]]
            for old, new, at in rng.sample(places, min(3, len(places))):
                wrong = code[:at] + re.sub(old, new, code[at:], count=1)
                jobs.append({
                    "entry": entry, "body": body, "wrong": wrong, "code": truth.with_used(entry, language, wrong), "name": entry["id"],
                    "ints": None, "head": code.split("\n")[0],
                })
    found = {entry["id"]: [] for entry in entries}
    run, skipped = (truth.run_rust, ("raised",)) if language == "rust" else (truth.run_python, ())
    for job, outs in zip(jobs, run(jobs)):
        entry = job["entry"]
        pairs = zip(entry["cases"], truth.expected(entry), outs or [])
        case = next((case for case, right, out in pairs if out not in (right, *skipped) and len(repr(case)) <= 80), None)
        if case:
            found[entry["id"]].append((job["wrong"], case, job["body"]))
    return found


def mistaken(entry, language, rng, split):
    """A task, a wrong function and a right one for it, and the case that shows which; None where no mistake
    is known."""
    found = entry.get("wrongs", {}).get(language)
    if not found:
        return None
    wrong, case, body = rng.choice(found)
    drawn = told(entry, language, rng, split, 0)
    wrong = curriculum.rename(curriculum.swap(wrong, entry, drawn["ints"]), drawn["names"], language)
    return drawn, wrong, curriculum.function(entry, language, body, drawn["names"], drawn["ints"]), case


def repair(entry, language, rng, split, shown):
    known = mistaken(entry, language, rng, split)
    if not known:
        return None
    drawn, wrong, right, case = known
    finding = f"{curriculum.example(entry, language, drawn['names'], case)} does not hold"
    drawn["request"] |= {"role": "repair", "code": wrong, "finding": finding}
    return drawn | {"reply": right}


def distinguish(entry, language, rng, split, shown):
    """The case that shows the mistake is the call."""
    known = mistaken(entry, language, rng, split)
    if not known:
        return None
    drawn, *pair, case = known
    rng.shuffle(pair)
    drawn["request"] = {"role": "distinguish", "language": language, "signature": drawn["request"]["signature"], "code": pair[0], "rival": pair[1]}
    return drawn | {"reply": call_of(entry, language, drawn["names"], case)}


def call_of(entry, language, names, case):
    literal = values.rust if language == "rust" else values.python
    shown = ", ".join(literal(a, values.parse(t)) for a, t in zip(case[0], entry["types"].values()))
    return f"{names.get(entry['names'][0], entry['names'][0])}({shown})"


ROLES = {
    "function": function, "decompose": decompose, "translate": translate, "examples": examples,
    "describe": describe, "repair": repair, "distinguish": distinguish,
}
SHARES = {"function": 0.40, "decompose": 0.36, "translate": 0.06, "examples": 0.08, "describe": 0.04, "repair": 0.03, "distinguish": 0.03}
