"""Train the network on `out/train.npz`; loss on replies only.

Beside the replies two things are taught, both to tell the parts of a request from each other: to read
behind the words of a part what it is, and to look there when that part is written (`losses_of`).

Resumes from `out/checkpoint.npz`, which is written every few minutes. Batches hold sequences of
like length (multiples of 64). The learning rate warms up, then falls over the last `--decay` of the steps;
a run may be made longer while it has not begun to fall.

One process a core: each takes its rows of every batch and, of the weights, keeps the optimiser's
state of its part (XLA keeps one core busy where it leaves half of two idle).
"""

import argparse
import functools
import json
import multiprocessing
import os
import sys
import time

import numpy as np

import compose
import curriculum

# The rate of the layers' matrices, in rates of the rest.
MUON = 6.0
# What a look at the right words and what is read in them count, in cross-entropies of a reply's tokens.
GUIDANCE, READING = 0.3, 0.2
# Reply tokens that a batch has room for: one of these.
ROOMS = (48, 96, 144, 208, 416)


def batches(data, tokens, rng, ranks):
    """Endless shuffled batches (see `laid_out`) of about `tokens` tokens, their rows a multiple of
    `ranks`."""
    lengths = data["lengths"]
    total, replies = lengths.sum(1), lengths[:, 1:].sum(1)
    starts = np.cumsum(total) - total
    bucket = -(-total // 64) * 64
    room = np.asarray(ROOMS)[np.searchsorted(ROOMS, replies)]
    while True:
        groups = []
        for size, most in sorted(set(zip(bucket.tolist(), room.tolist()))):
            rows = rng.permutation(np.flatnonzero((bucket == size) & (room == most)))
            count = max(1, tokens // size // ranks) * ranks
            groups += [(size, most, rows[i : i + count]) for i in range(0, len(rows) - count + 1, count)]
        for g in rng.permutation(len(groups)):
            size, most, rows = groups[g]
            yield laid_out([(*(data[kind][starts[row] : starts[row] + total[row]] for kind in ("ids", "parts", "ended")), lengths[row]) for row in rows], size, most)


def laid_out(samples, size, room):
    """Arrays for `losses_of`: ids, positions, segments, and of a token of the prompt the part and the
    entry whose words have ended (B, size); for every reply token the place of the token before it, what
    it is, the part that it is about (B, room), and 1 where there is one."""
    ids, positions, segments, told, ended = np.zeros((5, len(samples), size), np.int32)
    before, target, part = np.zeros((3, len(samples), room), np.int32)
    mask = np.zeros((len(samples), room), np.float32)
    for row, (tokens, parts, entries, lengths) in enumerate(samples):
        ids[row, : len(tokens)], ended[row, : len(tokens)] = tokens, entries
        asked, at, filled = lengths[0], lengths[0], 0
        positions[row, :asked], told[row, :asked] = np.arange(asked), parts[:asked]
        for number, count in enumerate(lengths[1:][lengths[1:] > 0], 1):
            here, there = slice(at, at + count), slice(filled, filled + count)
            positions[row, here], segments[row, here] = asked + np.arange(count), number
            before[row, there], target[row, there], mask[row, there] = at - 1 + np.arange(count), tokens[here], 1
            part[row, there] = parts[here]
            before[row, filled] = asked - 1  # the first one of every reply follows the prompt
            at, filled = at + count, filled + count
    return ids, positions, segments, told, ended, before, target, part, mask


def losses_of(weights, shape, ids, positions, segments, told, ended, before, target, part, mask):
    """Three figures. The mean cross-entropy of reply tokens, only whose states go through the output
    matrix. A token of a decomposition: how far the guided heads look elsewhere than at the end of the
    words that tell of the part which is being written (minus the logarithm of what falls on it). And
    the cross-entropy of the entry that those words tell of, read behind `model.READ` layers at their end
    by a matrix that is not part of the network.
    """
    import jax
    import jax.numpy as jnp

    import model

    # Replies have part 0 here, and what has no part is guided nowhere.
    wanted = (told[:, None] == part[..., None]) & (part[..., None] > 0)
    states, read, looks = model.hidden(weights, shape, ids, positions, segments, before, wanted)
    rows = states.reshape(-1, shape.width) @ weights["embed"].T
    # A product with ones and zeros: the gradient of an indexing is slow here.
    there = jax.nn.one_hot(target.reshape(-1), rows.shape[-1])
    picked = ((rows * there).sum(-1) - jax.scipy.special.logsumexp(rows, -1)).reshape(target.shape)
    aside = sum((-look * (part > 0)).sum() for look in looks) / (len(looks) * (part > 0).sum() + 1e-6)
    # No sample tells of more.
    value, where = jax.lax.top_k(ended, compose.ENTRIES_MAX)
    there = model.rms(jnp.take_along_axis(read, where[..., None], 1), 1.0)
    logp = jax.nn.log_softmax(there @ weights["read"])
    known = jnp.take_along_axis(logp, value[..., None], -1)[..., 0]
    unread = -(known * (value > 0)).sum() / ((value > 0).sum() + 1e-6)
    return -(picked * mask).sum() / mask.sum(), aside, unread


def loss_of(*args):
    """What training makes smaller, and the figures in it."""
    written, aside, unread = losses_of(*args)
    return written + GUIDANCE * aside + READING * unread, (written, aside, unread)


def orthogonal(matrix):
    """The nearest matrix with singular values about 1, by five steps of Newton and Schulz."""
    import jax.numpy as jnp

    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (jnp.linalg.norm(wide) + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


def improve(weights, first, second, grads, norm, rate, count):
    """One step: Muon for the matrices of the layers, AdamW for embedding and gains, the gradient
    clipped to norm 1."""
    import jax.numpy as jnp

    scale = jnp.minimum(1.0, 1.0 / norm)
    out = {}, {}, {}
    for key, grad in grads.items():
        grad = grad * scale
        if grad.ndim == 2 and key not in ("embed", "read"):
            m, v = 0.95 * first[key] + grad, second[key]
            rows, cols = grad.shape
            step = orthogonal(grad + 0.95 * m) * max(1.0, cols / rows) ** 0.5
            out[0][key] = weights[key] * (1 - 0.02 * rate) - MUON * rate * step
        else:
            m = 0.9 * first[key] + 0.1 * grad
            v = 0.98 * second[key] + 0.02 * grad**2
            step = m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.98**count)) + 1e-8)
            out[0][key] = weights[key] - rate * step
        out[1][key], out[2][key] = m, v
    return out


class Flat:
    """The arrays of all weights in one piece of memory that processes share, a copy a row."""

    def __init__(self, shapes, copies):
        self.shapes, self.size, self.copies = shapes, sum(int(np.prod(s)) for s in shapes.values()), copies
        self.memory = multiprocessing.get_context("spawn").RawArray("f", self.size * copies)

    def rows(self):
        return np.frombuffer(self.memory, np.float32).reshape(self.copies, self.size)

    def views(self, row):
        found, at = {}, 0
        for key, shape in self.shapes.items():
            size = int(np.prod(shape))
            found[key] = row[at : at + size].reshape(shape)
            at += size
        return found


def parts(shapes, ranks):
    """Which rank keeps the state of which weights: the largest first, to whoever has least."""
    loads, owned = [0] * ranks, [[] for _ in range(ranks)]
    for key in sorted(shapes, key=lambda key: (-int(np.prod(shapes[key])), key)):
        rank = loads.index(min(loads))
        # The layers' matrices cost most of the work, the embedding next to none.
        loads[rank] += int(np.prod(shapes[key])) // (8 if key == "embed" else 1)
        owned[rank].append(key)
    return owned


def work(rank, ranks, args, shape, done, shared, barrier):
    """Trains as one of `ranks` processes; `shared` holds weights, both moments and gradients."""
    # Before XLA starts: one core each.
    if hasattr(os, "sched_setaffinity") and ranks > 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[rank]})
    import jax

    out = curriculum.OUT
    train, held = (dict(np.load(out / f"{name}.npz")) for name in ("train", "held"))
    if rank == 0:
        print("longest replies", train["lengths"][:, 1:].sum(1).max(), flush=True)
    state, grads = shared
    rows = state.rows()
    weights, first, second = (state.views(row) for row in rows)
    every = [grads.views(row) for row in grads.rows()]
    owned = parts(state.shapes, ranks)[rank]
    gradient = jax.jit(jax.value_and_grad(loss_of, has_aux=True), static_argnums=1)
    step = jax.jit(improve)
    evaluate = jax.jit(losses_of, static_argnums=1)
    stream = batches(train, args.tokens, np.random.default_rng(args.seed + done), ranks)
    begin = kept = time.time()
    tokens, losses, parent = 0, [], os.getppid()
    last = min(args.steps, args.stop or args.steps)
    for count in range(done + 1, last + 1):
        if os.getppid() != parent:
            return  # killed, and nobody would tell
        batch = next(stream)
        rate = args.rate * min(count / 100, 1.0, max(0.02, (args.steps - count) / (args.decay * args.steps)))
        (_, loss), found = gradient(weights, shape, *(part[rank::ranks] for part in batch))
        for key, value in found.items():
            np.divide(value, ranks, out=every[rank][key])
        losses.append(np.array(loss))
        barrier.wait()
        total = grads.rows().sum(0)
        sums = grads.views(total)
        mine = lambda arrays: {key: arrays[key] for key in owned}
        new = step(mine(weights), mine(first), mine(second), mine(sums), np.sqrt(np.dot(total, total)), rate, float(count))
        for kept_arrays, arrays in zip((weights, first, second), new):
            for key, value in arrays.items():
                np.copyto(kept_arrays[key], value)
        barrier.wait()
        tokens += batch[0].size
        if rank == 0 and (count % 100 == 0 or count == last):
            print(f"{count} loss {np.mean(losses, 0).round(4)} {tokens / (time.time() - begin):.0f} tokens/s {time.time() - begin:.0f} s", flush=True)
            losses = []
        # The others wait at the next barrier.
        if rank == 0 and (time.time() - kept > 150 or count == last):
            kept = time.time()
            some = batches(held, args.tokens, np.random.default_rng(0), 1)
            score = np.mean([evaluate(weights, shape, *next(some)) for _ in range(8)], 0)
            print(f"{count} held-out loss {score.round(4)}", flush=True)
            stored = weights | {"m:" + k: v for k, v in first.items()} | {"v:" + k: v for k, v in second.items()}
            save(out / "checkpoint.npz", stored | {"done": count, "heads": shape.heads})


def save(path, arrays):
    np.savez(path.with_suffix(".part.npz"), **arrays)
    path.with_suffix(".part.npz").rename(path)


def main():
    import model

    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--steps", type=int, default=40_000)
    args.add_argument("--tokens", type=int, default=3072, help="tokens a batch")
    args.add_argument("--rate", type=float, default=2e-3)
    args.add_argument("--decay", type=float, default=1.0, help="the part of the steps over which the rate falls")
    args.add_argument("--seed", type=int, default=16)
    args.add_argument("--processes", type=int, default=min(8, os.cpu_count() or 1))
    for size, name in (("width", "WIDTH"), ("layers", "LAYERS"), ("heads", "HEADS"), ("inner", "INNER")):
        args.add_argument(f"--{size}", type=int, default=getattr(model.Shape, size), metavar=name)
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args.add_argument("--fresh", action="store_true", help="ignore a checkpoint")
    args.add_argument("--stop", type=int, help="end after this step, to be gone on from")
    args = args.parse_args()
    pieces = json.loads((curriculum.OUT / "tokenizer.json").read_text())["added_tokens"][-1]["id"] + 1
    shape = model.Shape(pieces, args.width, args.layers, args.heads, args.inner)
    if args.small:
        args.steps, args.tokens = 20, 3072
        shape = model.Shape(vocab=pieces, width=64, layers=2, heads=2, inner=96)
    out = curriculum.OUT
    stored, done = {k: np.array(v) for k, v in model.init(shape, args.seed).items()}, 0
    with np.load(out / "train.npz") as data:
        stored["read"] = np.zeros((shape.width, int(data["entries"]) + 1), np.float32)
    shapes = {k: v.shape for k, v in stored.items()}
    stored |= {kind + k: np.zeros(s, np.float32) for kind in ("m:", "v:") for k, s in shapes.items()}
    checkpoint = out / "checkpoint.npz"
    if checkpoint.exists() and not args.fresh:
        known = dict(np.load(checkpoint))
        done = int(known.pop("done"))
        refuse = lambda what: sys.exit(f"{checkpoint}: of {what}; --fresh begins anew")
        if any(key not in known for key in shapes if key != "read") or int(known.pop("heads", shape.heads)) != shape.heads:
            refuse("a network of another size")
        for key, value in known.items():
            if key not in stored or value.shape[1:] != stored[key].shape[1:] or len(value) > len(stored[key]):
                refuse("other entries" if "read" in key else "a network of another size")
            # One of a smaller vocabulary is continued: pieces were added behind the others.
            stored[key][: len(value)] = value
    (out / "shape.json").write_text(json.dumps(shape.__dict__))
    state, grads = Flat(shapes, 3), Flat(shapes, args.processes)
    views = [state.views(row) for row in state.rows()]
    for kind, arrays in zip(("", "m:", "v:"), views):
        for key in shapes:
            np.copyto(arrays[key], stored[kind + key])
    print("parameters", state.size, "from step", done, flush=True)
    # XLA asks for new memory in each step: in pages of 4 KB that is a third of the time (glibc reads this at start).
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(args.processes)
    workers = [
        context.Process(target=work, args=(rank, args.processes, args, shape, done, (state, grads), barrier), daemon=True)
        for rank in range(args.processes)
    ]
    for worker in workers:
        worker.start()
    # One that dies would leave the others waiting.
    while any(worker.is_alive() for worker in workers):
        if any(worker.exitcode for worker in workers):
            raise SystemExit("a training process ended early")
        workers[0].join(1)
    if any(worker.exitcode for worker in workers):
        raise SystemExit("a training process ended early")
    save(out / "weights.npz", views[0])


if __name__ == "__main__":
    main()
