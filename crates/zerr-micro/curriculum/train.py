"""Train the network on `out/train.npz`; loss on replies only.

Resumes from `out/checkpoint.npz`, which is written every few minutes. Batches hold sequences of
like length (multiples of 48). The learning rate warms up, stays, and falls over the last part of
the steps, so that a run may be made longer while it has not begun to fall.
"""

import argparse
import functools
import json
import time

import jax
import jax.numpy as jnp
import numpy as np

import curriculum
import model

# The rate of the layers' matrices, in rates of the rest.
MUON = 6.0
# The part of the steps over which the rate falls.
DECAY = 0.25
# Reply tokens that a batch has room for: one of these.
REPLIES = (56, 176)


def batches(data, tokens, rng):
    """Endless shuffled batches (ids, prompt lengths, reply lengths, room) of about `tokens` tokens."""
    lengths, starts = data["lengths"], np.concatenate([[0], np.cumsum(data["lengths"].sum(1))])
    total = lengths.sum(1)
    bucket = -(-total // 48) * 48
    room = np.where(lengths[:, 1] <= REPLIES[0], *REPLIES)
    while True:
        groups = []
        for size, most in sorted(set(zip(bucket.tolist(), room.tolist()))):
            rows = rng.permutation(np.flatnonzero((bucket == size) & (room == most)))
            count = max(1, tokens // size)
            groups += [(size, most, rows[i : i + count]) for i in range(0, len(rows) - count + 1, count)]
        for g in rng.permutation(len(groups)):
            size, most, rows = groups[g]
            ids = np.zeros((len(rows), size), np.int32)
            for at, row in enumerate(rows):
                ids[at, : total[row]] = data["ids"][starts[row] : starts[row + 1]]
            yield ids, lengths[rows, 0], lengths[rows, 1], most


def loss_of(weights, shape, ids, prompts, replies, room):
    """Mean cross-entropy of reply tokens; only their states go through the output matrix."""
    states = model.hidden(weights, shape, ids)
    at = prompts[:, None] + jnp.arange(room)[None]
    mask = jnp.arange(room)[None] < replies[:, None]
    at = jnp.minimum(at, ids.shape[1] - 1)
    states = jnp.take_along_axis(states, (at - 1)[..., None], 1)
    targets = jnp.take_along_axis(ids, at, 1)
    logp = jax.nn.log_softmax(states @ weights["embed"].T)
    picked = jnp.take_along_axis(logp, targets[..., None], -1)[..., 0]
    return -(picked * mask).sum() / mask.sum()


def orthogonal(matrix):
    """The nearest matrix with singular values about 1, by five steps of Newton and Schulz."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (jnp.linalg.norm(wide) + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


@functools.partial(jax.jit, static_argnums=(1, 7), donate_argnums=(0, 2, 3))
def update(weights, shape, first, second, ids, prompts, replies, room, rate, count):
    """One step: Muon for the matrices of the layers, AdamW for embedding and gains, the gradient
    clipped to norm 1."""
    loss, grads = jax.value_and_grad(loss_of)(weights, shape, ids, prompts, replies, room)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in grads.values()))
    scale = jnp.minimum(1.0, 1.0 / norm)
    out = {}, {}, {}
    for key, grad in grads.items():
        grad = grad * scale
        if weights[key].ndim == 2 and key != "embed":
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
    return *out, loss


def save(path, weights, extra):
    np.savez(path.with_suffix(".part.npz"), **{k: np.asarray(v) for k, v in weights.items()}, **extra)
    path.with_suffix(".part.npz").rename(path)


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--steps", type=int, default=3600)
    args.add_argument("--tokens", type=int, default=3072, help="tokens a batch")
    args.add_argument("--rate", type=float, default=3e-3)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--small", action="store_true", help="prove the recipe, not the model")
    args.add_argument("--fresh", action="store_true", help="ignore a checkpoint")
    args = args.parse_args()
    shape = model.Shape()
    if args.small:
        args.steps, shape = 20, model.Shape(width=64, layers=2, heads=2, inner=96)
    out = curriculum.OUT
    (out / "shape.json").write_text(json.dumps(shape.__dict__))
    train, held = (dict(np.load(out / f"{name}.npz")) for name in ("train", "held"))
    print("longest reply", train["lengths"][:, 1].max(), flush=True)
    weights = model.init(shape, args.seed)
    first, second = ({k: jnp.zeros_like(v) for k, v in weights.items()} for _ in range(2))
    done = 0
    checkpoint = out / "checkpoint.npz"
    if checkpoint.exists() and not args.fresh and not args.small:
        stored = dict(np.load(checkpoint))
        done = int(stored.pop("done"))
        weights = {k: jnp.asarray(stored[k]) for k in weights}
        first = {k: jnp.asarray(stored["m:" + k]) for k in weights}
        second = {k: jnp.asarray(stored["v:" + k]) for k in weights}
    print("parameters", sum(v.size for v in weights.values()), "from step", done, flush=True)
    evaluate = jax.jit(loss_of, static_argnums=(1, 5))
    stream = batches(train, args.tokens, np.random.default_rng(args.seed + done))
    begin = kept = time.time()
    tokens, losses = 0, []
    for count in range(done + 1, args.steps + 1):
        ids, prompts, replies, room = next(stream)
        rate = args.rate * min(count / 100, 1.0, max(0.02, (args.steps - count) / (DECAY * args.steps)))
        weights, first, second, loss = update(weights, shape, first, second, ids, prompts, replies, room, rate, count)
        tokens += ids.size
        losses.append(loss)
        if count % 100 == 0 or count == args.steps:
            mean = float(np.mean([float(x) for x in losses]))
            print(f"{count} loss {mean:.4f} {tokens / (time.time() - begin):.0f} tokens/s {time.time() - begin:.0f} s", flush=True)
            losses = []
        if time.time() - kept > 150 or count == args.steps:
            kept = time.time()
            some = batches(held, args.tokens, np.random.default_rng(0))
            score = np.mean([float(evaluate(weights, shape, *next(some))) for _ in range(16)])
            print(f"{count} held-out loss {score:.4f}", flush=True)
            extra = {"m:" + k: np.asarray(v) for k, v in first.items()} | {"v:" + k: np.asarray(v) for k, v in second.items()}
            save(checkpoint, weights, extra | {"done": count})
    save(out / "weights.npz", weights, {})


if __name__ == "__main__":
    main()
