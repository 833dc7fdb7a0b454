"""Measure p, the chance that one sample is right, by running samples against ground truth.

Samples at T = 0.7 for phrasings that were held out, without and with examples in the prompt,
spread evenly over all functions. `--card` writes the rows into the card.
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
import sampling
import truth


def drawn_requests(entries, language, count, split, examples, seed):
    """The same requests for the same arguments, every function equally often."""
    rng = random.Random(f"{seed} {language} {split} {examples}")
    return [
        (entries[i % len(entries)], curriculum.draw(entries[i % len(entries)], language, rng, split, entries[i % len(entries)]["cases"], examples))
        for i in range(count)
    ]


def score(source, entries, language, count, split, examples, temperature, seed):
    """Which samples are right: on all inputs of their function, by running them."""
    drawn = drawn_requests(entries, language, count, split, examples, seed)
    texts = source.sample([d["request"] for _, d in drawn], temperature, seed)
    jobs = [truth.job(entry, language, d, code=text) for (entry, d), text in zip(drawn, texts)]
    run = truth.run_rust if language == "rust" else truth.run_python
    right = []
    for (entry, _), job, outs in zip(drawn, jobs, run(jobs)):
        # A reply must be the asked function, as the engine demands.
        right.append(outs == truth.expected(entry) and job["code"].startswith(job["head"]))
    return drawn, texts, right


def main():
    warnings.filterwarnings("ignore", "os.fork")  # children only exec
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--count", type=int, default=448, help="samples a row")
    args.add_argument("--weights", default=str(curriculum.OUT / "weights.npz"))
    args.add_argument("--host", help="the model host's program; without it the trainer's network samples")
    args.add_argument("--gguf", default=str(export.MODEL / "zerr-micro.gguf"))
    args.add_argument("--card", action="store_true", help="write the rows into the card")
    args.add_argument("--trained", action="store_true", help="also with phrasings that were trained on")
    args.add_argument("--greedy", action="store_true", help="also the likeliest reply of each request")
    args.add_argument("--wrong", action="store_true", help="print one wrong reply of each function")
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args = args.parse_args()
    if args.small:
        args.count = 56
    entries = curriculum.load()
    source = sampling.Host(args.host, args.gguf) if args.host else sampling.Network(args.weights)
    conditions = [("held", 0, 0.7), ("held", 3, 0.7)]
    conditions += [("do", 3, 0.7)] if args.trained else []
    conditions += [("held", 3, 0.0)] if args.greedy else []
    rows = []
    for language in ("rust", "python"):
        for split, examples, temperature in conditions:
            drawn, texts, right = score(source, entries, language, args.count, split, examples, temperature, 1)
            p = sum(right) / len(right)
            rows.append({
                "role": "function", "language": language, "prompt_version": prompt.PROMPT_VERSION, "p": round(p, 4),
                "n": len(right), "temperature": temperature, "held_out": split == "held", "examples": examples,
            })
            by_id = collections.defaultdict(list)
            for (entry, _), good in zip(drawn, right):
                by_id[entry["id"]].append(good)
            weak = sorted((sum(v) / len(v), k) for k, v in by_id.items())
            print(json.dumps(rows[-1]), " weakest:", ", ".join(f"{k} {v:.2f}" for v, k in weak[:10]), flush=True)
            for (entry, d), text, good in zip(drawn, texts, right) if args.wrong else []:
                if not good and by_id.pop(entry["id"], None):
                    print(f"--- {entry['id']}: {d['request']['description']}\n{text}")
    if args.host:
        source.close()
    if args.card:
        path = export.MODEL / "card.json"
        card = json.loads(path.read_text())
        with open(args.gguf, "rb") as weights:
            assert card["sha256"] == hashlib.file_digest(weights, "sha256").hexdigest(), "the card is of other weights"
        # Greedy rows describe the first draw only; the engine's prior is of sampling.
        card["p"] = [row for row in rows if row["temperature"] > 0]
        path.write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
