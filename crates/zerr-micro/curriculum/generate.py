"""Check every entry by running it, then write the tokenizer and the training data.

Nothing is written while any entry is refused (see `check.py`). The same seed gives the same data.
"""

import argparse
import json
import random
import sys

import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

import check
import compose
import curriculum
import prompt
import roles
import truth
import values

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Tokens of a sample, prompt and reply; longer ones are drawn again.
LONGEST = 448
# The families that prove the recipe.
SMALL = ("greeting", "arithmetic", "lists", "optional")
REPLY_LONGEST = 176


def checked(entries, only):
    """Refuse wrong entries, else keep what running them showed: cases, and wrong bodies."""
    messages = check.check(entries, only)
    if messages:
        sys.exit("\n".join(messages))
    entries = [entry for entry in entries if only is None or entry["family"] in only]
    stored, found = {}, roles.wrongs(entries)
    for entry in entries:
        kinds, gives = curriculum.kinds_of(entry), values.parse(entry["returns"])
        lower = lambda args: [values.lower(a, k) for a, k in zip(args, kinds)]
        cases = [(lower(args), values.lower(out, gives)) for args, out in entry["cases"]]
        wrongs = [(wrong, entry["cases"].index(case), body) for wrong, case, body in found[entry["id"]]]
        stored[entry["id"]] = {"cases": cases, "wrongs": wrongs}
    curriculum.OUT.mkdir(exist_ok=True)
    (curriculum.OUT / "checked.json").write_text(json.dumps(stored, indent=0))


def check_draws(entries, count):
    """Run drawn replies with their variant names and types, composites among them: renaming and
    composing must not break a body. Gives the composites that do not do the same in both languages."""
    rng, broken = random.Random(2), set()
    for language, run in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        for _ in range(count):
            jobs.append(truth.job_of(roles.draw("function", entries, rng, rng.choice(["do", "do", "held"]), language=language)))
        for job, outs in zip(jobs, run(jobs)):
            if outs == truth.expected(job["entry"]):
                continue
            if "parts" not in job["entry"]:
                sys.exit(f"{job['entry']['id']}: a {language} variant is wrong:\n{job['code']}")
            broken.add(job["entry"]["id"])
    return broken


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


def rows(entries, split, count, seed):
    """(role, prompt text, reply text) for `count` draws."""
    rng = random.Random(f"{seed} {split}")
    names, weights = zip(*roles.SHARES.items())
    # The examples are built of these, and they use one another: they are drawn more often.
    often = {"greeting": 1.6, "protocols": 1.3, "cli": 1.3}
    shares = [often.get(entry["family"], 1.0) for entry in entries]
    found = []
    while len(found) < count:
        role = rng.choices(names, weights)[0]
        composite = roles.is_composite(role, rng)
        entry = None if composite else rng.choices(entries, shares)[0]
        drawn = roles.draw(role, entries, rng, split, entry=entry)
        if drawn:
            found.append((role, prompt.chat(drawn["request"]), drawn["reply"] + prompt.ending(drawn["request"])))
    return found


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--samples", type=int, default=240_000)
    args.add_argument("--vocab", type=int, default=2048)
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args = args.parse_args()
    if args.small:
        args.samples = 2_000
    only = SMALL if args.small else None
    checked(curriculum.load(), only)
    entries = [entry for entry in curriculum.trained() if only is None or entry["family"] in only]
    broken = check_draws(entries, 150 if args.small else 2000)
    print(f"{len(broken)} composites left out: {sorted(broken)[:8]}")
    roles.composer(entries).made.update(dict.fromkeys(broken))
    train = rows(entries, "do", args.samples, args.seed)
    held = rows(entries, "held", 1000, args.seed)
    bpe = train_tokenizer((part for row in train[:30_000] for part in row[1:]), args.vocab)
    for name, drawn in (("train", train), ("held", held)):
        prompts = [e.ids for e in bpe.encode_batch([row[1] for row in drawn])]
        replies = [e.ids for e in bpe.encode_batch([row[2] for row in drawn])]
        kept = [(p, r) for p, r in zip(prompts, replies) if len(r) <= REPLY_LONGEST and len(p) + len(r) <= LONGEST]
        ids = np.array([t for p, r in kept for t in p + r], np.uint16)
        lengths = np.array([(len(p), len(r)) for p, r in kept], np.int32)
        np.savez(curriculum.OUT / f"{name}.npz", ids=ids, lengths=lengths)
        print(f"{name}: {len(kept)} samples of {len(drawn)}, {len(ids)} tokens; prompt and reply: mean {lengths.mean(0).round(1)} max {lengths.max(0)}")
    print(len(entries), "entries,", len(roles.composer(entries).made), "composites,", bpe.get_vocab_size(), "pieces")


if __name__ == "__main__":
    main()
