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
# Tokens of a sample, prompt and replies; longer ones lose replies, then are left out.
LONGEST = 448
# Replies behind one prompt, each of which sees only the prompt and itself.
REPLIES = 3
# The families that prove the recipe.
SMALL = ("greeting", "arithmetic", "lists", "optional")
REPLY_LONGEST = 176
# What stands for a part once all are written: the prompt's first token is looked at then.
DONE = 255


def checked(entries, only):
    """Refuse wrong entries, else keep what running them showed: cases, and wrong bodies."""
    messages = check.check(entries, only)
    if messages:
        sys.exit("\n".join(messages))
    entries = [entry for entry in entries if only is None or entry["family"] in only]
    stored, found = {}, {language: roles.wrongs(entries, language) for language in roles.LANGUAGES}
    for entry in entries:
        kinds, gives = curriculum.kinds_of(entry), values.parse(entry["returns"])
        lower = lambda args: [values.lower(a, k) for a, k in zip(args, kinds)]
        cases = [(lower(args), values.lower(out, gives)) for args, out in entry["cases"]]
        wrongs = {
            language: [(wrong, entry["cases"].index(case), body) for wrong, case, body in known[entry["id"]]] for language, known in found.items()
        }
        stored[entry["id"]] = {"cases": cases, "wrongs": wrongs}
    curriculum.OUT.mkdir(exist_ok=True)
    (curriculum.OUT / "checked.json").write_text(json.dumps(stored, indent=0))


def check_draws(entries, count):
    """Run drawn replies with their variant names and types, composites among them: renaming and
    composing must not break a body. Gives the composites that do not do the same in both languages."""
    rng, broken = random.Random(2), set()
    for language, run in (("python", truth.run_python), ("rust", truth.run_rust)):
        jobs = []
        # Of programs there are few among the others, and each has more in it that may break.
        for program in [False] * count + [True] * (count // 8):
            split = rng.choice(["do", "do", "held"])
            entry = roles.composer(entries).draw(rng, split, {"program": 1}) if program else None
            jobs.append(truth.job_of(roles.draw("function", entries, rng, split, entry=entry, language=language)))
        for job, outs in zip(jobs, run(jobs)):
            if outs == truth.expected(job["entry"]):
                continue
            if "parts" not in job["entry"]:
                sys.exit(f"{job['entry']['at']}: {job['entry']['id']}: a {language} variant is wrong:\n{job['code']}")
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
    return with_units(bpe)


def with_units(bpe):
    """One piece more for each of `prompt.UNITS`, behind the others."""
    bpe.add_tokens([tokenizers.AddedToken(text, normalized=False) for text in prompt.UNITS])
    bpe.save(str(curriculum.OUT / "tokenizer.json"))
    return bpe


def rows(entries, split, count, seed):
    """(prompt text, texts of replies, what they are about: see `about`) for `count` draws."""
    rng, more = random.Random(f"{seed} {split}"), random.Random(f"{seed} {split} others")
    names, weights = zip(*roles.SHARES.items())
    # The examples are built of these, and they use one another: they are drawn more often.
    often = {"greeting": 1.6, "protocols": 2.0, "cli": 1.3}
    # And long ones, of which a reply has more to get wrong.
    shares = [often.get(entry["family"], 1.0) * longer(entry) for entry in entries]
    numbers = {entry["id"]: number for number, entry in enumerate(entries, 1)}
    found = []
    while len(found) < count:
        role = rng.choices(names, weights)[0]
        composite = roles.is_composite(role, rng)
        entry = None if composite else rng.choices(entries, shares)[0]
        drawn = roles.draw(role, entries, rng, split, entry=entry)
        if drawn:
            others = sorted(set(drawn["others"]) - {drawn["reply"]})
            replies = [drawn["reply"], *more.sample(others, min(REPLIES - 1, len(others)))]
            ending = prompt.ending(drawn["request"])
            texts = [prompt.written(drawn["request"], reply) + ending for reply in replies]
            found.append((prompt.chat(drawn["request"]), texts, *about(role, drawn, numbers)))
    return found


def longer(entry):
    """How much more often than a short entry one is drawn whose shortest Python body has many characters."""
    return min(2.0, max(1.0, min(map(len, curriculum.bodies(entry, "python"))) / 120))


def about(role, drawn, numbers):
    """What a prompt's description tells of: (where its words end, number of the part, number of the entry),
    for a composite one for each entry in it; and the part that each character of a decomposition is
    about, from 1. A part of several entries is looked for behind the words of each."""
    request, entry = drawn["request"], drawn["entry"]
    if "description" not in request:
        return [], []
    # The description stands behind the signature.
    before = prompt.chat(request).index("\n\n" + request["description"]) + 2
    if "parts" not in entry:
        return [(before + len(request["description"]), 1, numbers[entry["id"]])], []
    end = lambda leaf: before + len(drawn["told"]) - drawn["told"][::-1].index(leaf)
    clauses = [(end(at), part, numbers[leaf["id"]]) for at, (part, leaf) in enumerate(compose.leaves(entry), 1)]
    if role != "decompose":
        return clauses, []
    return clauses, [at // 2 + 1 for at, line in enumerate(drawn["reply"].split("\n")) for _ in range(len(line) + 1)]


def encoded(bpe, drawn):
    """All tokens in one row; for each token a part, from 1 (of a reply the one it is about, or `DONE`, of a prompt the
    one whose words have ended just before) and the number of an entry whose words have ended; and for
    each sample the lengths of its prompt and of its replies (0: none)."""
    prompts = bpe.encode_batch([asked for asked, *_ in drawn])
    texts = iter(bpe.encode_batch([reply for _, replies, *_ in drawn for reply in replies]))
    ids, parts, ended, lengths = [], [], [], []
    for asked, (_, replies, clauses, given) in zip(prompts, drawn):
        fitting, room = [], LONGEST - len(asked.ids)
        for reply in [next(texts) for _ in replies]:
            if len(reply.ids) <= min(REPLY_LONGEST, room):
                fitting.append(reply)
                room -= len(reply.ids)
        if not fitting:
            continue
        own_parts, own_ended = np.zeros((2, len(asked.ids)), np.uint16)
        own_parts[0] = DONE if given else 0
        for end, part, number in clauses:
            at = next(at for at, (_, after) in enumerate(asked.offsets) if after > end)
            own_parts[at], own_ended[at] = part, number
        ids += asked.ids
        parts += own_parts.tolist()
        ended += own_ended.tolist()
        for reply in fitting:
            ids += reply.ids
            ended += [0] * len(reply.ids)
            # What a piece ends with: spaces and line ends begin it.
            parts += [given[end - 1] if end <= len(given) else DONE if given else 0 for _, end in reply.offsets]
        lengths.append([len(asked.ids)] + [len(reply.ids) for reply in fitting] + [0] * (REPLIES - len(fitting)))
    return {
        "ids": np.array(ids, np.uint16), "parts": np.array(parts, np.uint8), "ended": np.array(ended, np.uint16),
        "lengths": np.array(lengths, np.int32),
    }


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--seed", type=int, default=16)
    args.add_argument("--samples", type=int, default=320_000)
    args.add_argument("--vocab", type=int, default=2048)
    args.add_argument("--keep-tokenizer", action="store_true", help="so that a checkpoint of other data can be continued")
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
    if args.keep_tokenizer:
        bpe = with_units(tokenizers.Tokenizer.from_file(str(curriculum.OUT / "tokenizer.json")))
    else:
        bpe = train_tokenizer((part for asked, replies, *_ in train[:30_000] for part in (asked, replies[0])), args.vocab)
    for name, drawn in (("train", train), ("held", held)):
        arrays = encoded(bpe, drawn)
        np.savez(curriculum.OUT / f"{name}.npz", **arrays, entries=len(entries))
        ids, lengths = arrays["ids"], arrays["lengths"]
        print(f"{name}: {len(lengths)} samples of {len(drawn)}, {(lengths[:, 1:] > 0).sum()} replies, {len(ids)} tokens; mean {lengths.mean(0).round(1)} max {lengths.max(0)}")
    print(len(entries), "entries,", len(roles.composer(entries).made), "composites,", bpe.get_vocab_size(), "pieces")


if __name__ == "__main__":
    main()
