"""Tasks that were never trained on, with ground truth, for `cargo zerr bench curriculum`.

`python tasks.py > tasks.jsonl` writes one task a line: `tasks` (phrasings, compositions, reserved),
`group`, `language`, `shown` (examples in the spec), `spec` and `truth`, calls with their results that
only the benchmark sees.
"""

import argparse
import json
import random

import curriculum
import prompt
import roles

TRUTH = 16


def task(kind, drawn, number):
    """One line; the function to write is the last of the spec."""
    entry, language = drawn["entry"], drawn["request"]["language"]
    spec = prompt.spec_of(drawn)
    whole = spec["functions"][-1]
    # What a part does is asked for as well: the head of a composition alone, without its parts.
    parts = "parts" in entry
    shown = [] if parts else [other["name"] for other in spec["functions"][:-1]]
    called = {}
    for used in entry["used"] if shown else []:
        # Its parameters have names of their own.
        below(used, language, {u["id"]: drawn["names"].get(u["id"], u["id"]) for u in entry["used"]}, called)
    whole["depends_on"] = shown
    spec["functions"] = [*called.values(), whole]
    truth = prompt.spec_of(drawn | {"chosen": spread(entry["cases"])})["functions"][-1]["examples"]
    group = entry["shape"] if parts else entry["family"]
    return {
        "id": f"{kind}-{number}-{entry['id']}", "tasks": kind, "group": group, "language": language,
        "shown": len(drawn["chosen"]), "spec": spec, "truth": truth,
    }


def below(entry, language, names, called):
    """Puts what is called, and before it what that calls in turn: some are known over others only."""
    if entry["id"] in called:
        return
    for used in entry["used"]:
        below(used, language, names, called)
    called[entry["id"]] = {
        "name": names.get(entry["names"][0], entry["names"][0]),
        "signature": curriculum.signature(entry, language, names).rstrip(":"),
        "description": curriculum.fill_in(entry["do"][0], entry, names),
        "depends_on": [names.get(used["names"][0], used["names"][0]) for used in entry["used"]],
    }


def spread(cases):
    """Some of the cases, the first (typical and tricky) and the last alike."""
    step = max(1, len(cases) // TRUTH)
    return cases[::step][:TRUTH]


def drawn_tasks(kind, count, seed):
    rng = random.Random(f"{seed} {kind}")
    entries = curriculum.trained()
    chosen = [e for e in curriculum.load() if e["reserved"]] if kind == "reserved" else entries
    for number in range(count):
        language = roles.LANGUAGES[number % 2]
        shares = {"compositions": None, "programs": {"program": 1.0}}
        entry = roles.composer(entries).draw(rng, "held", shares[kind]) if kind in shares else chosen[(number // 2) % len(chosen)]
        # Every other pair shows examples; without any a result can be agreed at best.
        shown = 5 if (number // 2) % 2 or kind in shares else 0
        yield task(kind, roles.draw("function", entries, rng, "held", entry=entry, language=language, examples=shown), number)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phrasings", type=int, default=2 * 2 * 440)
    parser.add_argument("--compositions", type=int, default=300)
    parser.add_argument("--reserved", type=int, default=160)
    parser.add_argument("--programs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if any(not entry["cases"] for entry in curriculum.load()):
        parser.error("what the functions give is not known yet: `python generate.py` runs them first")
    for kind in ("phrasings", "compositions", "reserved", "programs"):
        for one in drawn_tasks(kind, getattr(args, kind), args.seed):
            print(json.dumps(one, ensure_ascii=False))


if __name__ == "__main__":
    main()
