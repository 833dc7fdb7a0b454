"""Measure p, the chance that one sample is right, for every role, by running samples.

Samples at T = 0.7 for phrasings that were held out, spread evenly over all functions; function and
decomposition also for held-out compositions, decomposition for programs (whose figure is no prior: few are
asked for), and function for the functions of `reserved.yaml`.
`--card` writes the rows into the card.
"""

import argparse
import collections
import hashlib
import json
import random
import warnings

import curriculum
import export
import prompt
import roles
import sampling
import truth
import values

# (role, language, tasks, examples shown)
CONDITIONS = [
    *((role, language, tasks, shown) for role, tasks, shown in (
        ("function", "phrasings", 0), ("function", "phrasings", 3), ("function", "compositions", 3), ("function", "reserved", 3),
        ("decompose", "compositions", 3), ("decompose", "programs", 3), ("translate", "phrasings", 0), ("examples", "phrasings", 0),
        ("describe", "phrasings", 0), ("repair", "phrasings", 0), ("distinguish", "phrasings", 0),
    ) for language in roles.LANGUAGES),
]


def drawn_tasks(role, language, tasks, shown, count, seed):
    """The same requests for the same arguments, every function equally often."""
    rng = random.Random(f"{seed} {role} {language} {tasks} {shown}")
    # A small run has checked some families only.
    known = [entry for entry in curriculum.load() if entry["cases"]]
    entries = [entry for entry in known if not entry["reserved"]]
    chosen = [entry for entry in known if entry["reserved"]] if tasks == "reserved" else entries
    drawn, at = [], 0
    while len(drawn) < count:
        made = {"compositions": None, "programs": {"program": 1}}
        entry = roles.composer(entries).draw(rng, "held", made[tasks]) if tasks in made else chosen[at % len(chosen)]
        one = roles.draw(role, entries, rng, "held", entry=entry, language=language, examples=shown)
        at += 1
        if one:
            one["request"]["approach"] = None if "approach" in one["request"] else one["request"].get("approach")
            drawn.append(one)
    return drawn


def right(role, language, drawn, texts):
    """Which replies are right, by running them or by comparing them with what is known."""
    if role in ("function", "translate", "repair"):
        jobs = [truth.job_of(d, code=prompt.head(d["request"]) + text) for d, text in zip(drawn, texts)]
        run = truth.run_rust if language == "rust" else truth.run_python
        return [outs == truth.expected(d["entry"]) and job["head"] in job["code"] for d, job, outs in zip(drawn, jobs, run(jobs))]
    judges = {"decompose": same_parts, "examples": known_examples, "describe": same_text}
    if role in judges:
        return [judges[role](d, text) for d, text in zip(drawn, texts)]
    return tell_apart(language, drawn, texts)


def same_text(drawn, text):
    return text.strip() == drawn["reply"]


def same_parts(drawn, text):
    """The same signatures, as the engine compares splits."""
    parts = lambda reply: sorted(line for line in reply.split("\n") if line.startswith(("fn ", "def ")))
    return parts(text) == parts(drawn["reply"]) and (bool(parts(text)) or text.strip() == roles.ATOMIC)


def known_examples(drawn, text):
    """Every line is one that running the function has shown to hold."""
    language = drawn["request"]["language"]
    known = {curriculum.example(drawn["entry"], language, drawn["names"], case) for case in drawn["entry"]["cases"]}
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and all(line in known for line in lines)


def tell_apart(language, drawn, texts):
    """Whether the call gives different outputs; a call that is none tells nothing."""
    jobs = []
    for number, (d, text) in enumerate(zip(drawn, texts)):
        entry, names = d["entry"], d["names"]
        case = next((c for c in entry["cases"] if roles.call_of(entry, language, names, c) == text.strip()), None)
        for code in (d["request"]["code"], d["request"]["rival"]) if case else ():
            # Each with its own one case.
            one = entry | {"id": number, "cases": [case]}
            jobs.append({"entry": one, "code": truth.with_used(entry, language, code, names), "name": names.get(entry["id"], entry["id"]), "ints": d["ints"], "head": code.split("\n")[0]})
    run, outs = truth.run_rust if language == "rust" else truth.run_python, {}
    for job, out in zip(jobs, run(jobs)):
        outs.setdefault(job["entry"]["id"], []).append(out)
    return [number in outs and outs[number][0] != outs[number][1] for number in range(len(drawn))]


def main():
    warnings.filterwarnings("ignore", "os.fork")  # children only exec
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--count", type=int, default=800, help="samples a row")
    args.add_argument("--weights", default=str(curriculum.OUT / "weights.npz"))
    args.add_argument("--host", help="the model host's program; without it the trainer's network samples")
    args.add_argument("--gguf", default=str(export.MODEL / "zerr-micro.gguf"))
    args.add_argument("--card", action="store_true", help="write the rows into the card")
    args.add_argument("--temperature", type=float, default=0.7)
    args.add_argument("--role", help="only this one")
    args.add_argument("--wrong", action="store_true", help="print one wrong reply of each function")
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args = args.parse_args()
    if args.small:
        args.count = 16
    source = sampling.Host(args.host, args.gguf) if args.host else sampling.Network(args.weights)
    rows = []
    for role, language, tasks, shown in CONDITIONS:
        if args.role and role != args.role:
            continue
        drawn = drawn_tasks(role, language, tasks, shown, args.count, 1)
        texts = source.sample([d["request"] for d in drawn], args.temperature, 1)
        good = right(role, language, drawn, texts)
        rows.append({
            "role": role, "language": language, "prompt_version": prompt.VERSIONS[role], "p": round(sum(good) / len(good), 4),
            "n": len(good), "temperature": args.temperature, "held_out": True, "tasks": tasks, "examples": shown,
            # What the engine may believe before it has seen a sample: figures of what it will ask.
            "prior": tasks == "phrasings" or role == "decompose" and tasks == "compositions",
        })
        by_id = collections.defaultdict(list)
        for d, one in zip(drawn, good):
            by_id[d["entry"]["id"]].append(one)
        weak = sorted((sum(v) / len(v), k) for k, v in by_id.items())
        print(json.dumps(rows[-1]), " weakest:", ", ".join(f"{k} {v:.2f}" for v, k in weak[:8]), flush=True)
        for d, text, one in zip(drawn, texts, good) if args.wrong else []:
            if not one and by_id.pop(d["entry"]["id"], None):
                print(f"--- {d['entry']['id']}: {prompt.message(d['request'])}\n>>> {text}\n")
    if args.host:
        source.close()
    if args.card:
        path = export.MODEL / "card.json"
        card = json.loads(path.read_text())
        with open(args.gguf, "rb") as weights:
            assert card["sha256"] == hashlib.file_digest(weights, "sha256").hexdigest(), "the card is of other weights"
        card["p"] = rows
        path.write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
