"""Check every entry by running it, then write the tokenizer and the training data.

An entry is refused, by name, when its bodies in either language disagree on any input or do not
compile. The same seed gives the same data.
"""

import argparse
import json
import random
import sys

import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

import curriculum
import prompt
import truth
import values

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
INPUTS = 40


def inputs_of(entry, rng):
    """The entry's own inputs and random ones of its types that its `where` allows."""
    seen, found = set(), []
    drawn = list(entry["inputs"])
    kinds = {name: values.parse(text) for name, text in entry["types"].items()}
    for _ in range(400):
        drawn.append([values.draw(kind, rng, entry["domain"].get(n), entry["gen"].get(n)) for n, kind in kinds.items()])
    for args in drawn:
        key = json.dumps(args)
        if key not in seen and eval(entry.get("where", "True"), {}, dict(zip(kinds, args))):
            seen.add(key)
            found.append(args)
    return found[: INPUTS]


def check(entries):
    """Run all bodies of all entries; stop with the names of those that are wrong."""
    rng = random.Random(1)
    wrong = []
    for entry in entries:
        entry["cases"] = [(args, None) for args in inputs_of(entry, rng)]
        if len(entry["do"]) < 6 or len(entry["held"]) < 2 or set(entry["do"]) & set(entry["held"]):
            wrong.append(f"{entry['id']}: needs six phrasings and two others that are held out")
    outputs = {}
    for language, run in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        for entry in entries:
            for ints in entry.get("ints", [None]) if language == "rust" else [None]:
                for body in curriculum.bodies(entry, language):
                    code = curriculum.function(entry, language, body, {}, ints)
                    jobs.append({"entry": entry, "code": truth.with_used(entry, language, code), "name": entry["names"][0], "ints": ints, "head": code.split("\n")[0]})
        for job, outs in zip(jobs, run(jobs)):
            first = outputs.setdefault(job["entry"]["id"], outs)
            if outs is None or outs != first or "raised" in outs or "unfit" in outs:
                at = next((i for i, (a, b) in enumerate(zip(outs or [], first or [])) if a != b), None)
                where = job["entry"]["cases"][at][0] if at is not None else "compiling or running"
                wrong.append(f"{job['entry']['id']}: a {language} body differs at {where}:\n{job['code']}")
    if wrong:
        sys.exit("\n".join(wrong))
    stored = {}
    for entry in entries:
        scope = {}
        code = curriculum.function(entry, "python", curriculum.bodies(entry, "python")[0], {})
        exec(truth.with_used(entry, "python", code), scope)
        stored[entry["id"]] = [(args, plain(scope[entry["names"][0]], args)) for args, _ in entry["cases"]]
    curriculum.OUT.mkdir(exist_ok=True)
    (curriculum.OUT / "checked.json").write_text(json.dumps(stored, indent=0))


def check_draws(entries, count):
    """Run drawn replies with their variant names and types: renaming must not break a body."""
    rng = random.Random(2)
    for language, run in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        for _ in range(count):
            entry = rng.choice(entries)
            jobs.append(truth.job(entry, language, curriculum.draw(entry, language, rng, cases=entry["cases"])))
        for job, outs in zip(jobs, run(jobs)):
            if outs != truth.expected(job["entry"]):
                sys.exit(f"{job['entry']['id']}: a {language} variant is wrong:\n{job['code']}")


def plain(function, args):
    try:
        return function(*json.loads(json.dumps(args)))
    except ValueError as error:
        return {"err": str(error)}


def train_tokenizer(texts, size):
    """Byte-level BPE with GPT-2's own splitting rule, which llama.cpp knows as `gpt-2`."""
    bpe = tokenizers.Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    bpe.save(str(curriculum.OUT / "tokenizer.json"))
    return bpe


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--samples", type=int, default=110_000)
    args.add_argument("--vocab", type=int, default=1504)
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args = args.parse_args()
    if args.small:
        args.samples = 2_000
    check(curriculum.load())
    entries = curriculum.load()
    check_draws(entries, 150 if args.small else 1500)
    rng = random.Random(args.seed)

    # The functions of the first example use one another, so they are drawn more often.
    weights = [1.6 if entry["family"] == "greeting" else 1.0 for entry in entries]

    def sample(split):
        entry = rng.choices(entries, weights)[0]
        drawn = curriculum.draw(entry, rng.choice(["rust", "python"]), rng, split=split, cases=entry["cases"])
        return drawn["id"], prompt.chat(drawn["request"]), drawn["reply"]

    train = [sample("do") for _ in range(args.samples)]
    held = [sample("held") for _ in range(1000)]
    bpe = train_tokenizer((part for row in train[:20_000] for part in row[1:]), args.vocab)
    for name, rows in (("train", train), ("held", held)):
        prompts = [e.ids for e in bpe.encode_batch([row[1] for row in rows])]
        replies = [e.ids for e in bpe.encode_batch([row[2] + prompt.STOP + "<|im_end|>" for row in rows])]
        ids = np.array([t for p, r in zip(prompts, replies) for t in p + r], np.uint16)
        lengths = np.array([(len(p), len(r)) for p, r in zip(prompts, replies)], np.int32)
        np.savez(curriculum.OUT / f"{name}.npz", ids=ids, lengths=lengths)
        print(name, len(rows), "samples; prompt and reply tokens: mean", lengths.mean(0).round(1), "max", lengths.max(0))
    print(len(entries), "entries,", bpe.get_vocab_size(), "pieces")


if __name__ == "__main__":
    main()
