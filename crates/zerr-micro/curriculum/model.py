"""The network: a small llama (RMSNorm, interleaved RoPE, SwiGLU, tied embeddings) in plain JAX."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

EPSILON = 1e-5
ROPE_BASE = 10_000.0


@dataclasses.dataclass(frozen=True)
class Shape:
    """Sizes; every row length is divisible by 32, as Q8_0 needs."""

    vocab: int = 2080
    width: int = 160
    layers: int = 5
    heads: int = 5
    inner: int = 448
    context: int = 1024


def init(shape, seed=0):
    """Random weights as a flat dictionary, matrices as (in, out)."""
    rng = np.random.default_rng(seed)

    def normal(rows, cols, scale=1.0):
        return jnp.asarray(rng.normal(0, scale * rows**-0.5, (rows, cols)), jnp.float32)

    d, f, deep = shape.width, shape.inner, (2 * shape.layers) ** -0.5
    weights = {"embed": normal(shape.vocab, d, 0.02 * shape.vocab**0.5), "norm": jnp.ones(d)}
    for i in range(shape.layers):
        weights |= {
            f"{i}.norm1": jnp.ones(d), f"{i}.norm2": jnp.ones(d),
            f"{i}.q": normal(d, d), f"{i}.k": normal(d, d), f"{i}.v": normal(d, d), f"{i}.o": normal(d, d, deep),
            f"{i}.gate": normal(d, f), f"{i}.up": normal(d, f), f"{i}.down": normal(f, d, deep),
        }
    return weights


def rms(x, gain):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + EPSILON) * gain


def rope(x, positions):
    """Rotate the pairs (i, i + D/2) of x: (B, T, H, D), whose columns `paired` has put so."""
    half = x.shape[-1] // 2
    angles = positions[..., None] * ROPE_BASE ** (-jnp.arange(half) / half)
    cos, sin = jnp.cos(angles)[:, :, None], jnp.sin(angles)[:, :, None]
    a, b = x[..., :half], x[..., half:]
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], -1)


def paired(matrix, heads):
    """Columns of q or k with the even ones of each head before the odd ones.

    The weights rotate neighbouring pairs, as the llama architecture of llama.cpp does; halves are
    the same up to this order, to which q · k is blind, and much faster here.
    """
    rows, cols = matrix.shape
    return matrix.reshape(rows, heads, cols // heads // 2, 2).swapaxes(2, 3).reshape(rows, cols)


def block(weights, i, shape, x, positions, cache, visible):
    """One layer with a cache (k, v of all slots), of which attention reads `visible` (B, T, S)."""
    b, t, d = x.shape
    h = rms(x, weights[f"{i}.norm1"])
    split = lambda matrix: (h @ matrix).reshape(b, t, shape.heads, d // shape.heads)
    q, k = (rope(split(paired(weights[f"{i}.{name}"], shape.heads)), positions) for name in "qk")
    rows = jnp.arange(b)[:, None]
    k, v = cache[0].at[rows, positions].set(k), cache[1].at[rows, positions].set(split(weights[f"{i}.v"]))
    scores = jnp.einsum("bthd,bshd->bhts", q, k) * (d // shape.heads) ** -0.5
    scores = jnp.where(visible[:, None], scores, -1e9)
    mixed = jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores, -1), v).reshape(b, t, d)
    x = x + mixed @ weights[f"{i}.o"]
    h = rms(x, weights[f"{i}.norm2"])
    x = x + (jax.nn.silu(h @ weights[f"{i}.gate"]) * (h @ weights[f"{i}.up"])) @ weights[f"{i}.down"]
    return x, (k, v)


# Heads of the last layer but one that training shows where to look, and the layer behind which it reads
# what a request tells of (see `train.losses_of`).
GUIDED = 2
READ = 3


def hidden(weights, shape, ids, positions, segments, at, wanted=None):
    """Final states (B, R, width) at the places `at` (B, R) of whole sequences (B, T), causal; the states
    behind layer `READ` (B, T, width); and for each guided head the logarithm of what part of its
    attention at those places falls on `wanted` (B, R, T), as (B, R).

    A token sees those before it of segment 0 (the prompt) and of its own segment (a reply);
    `positions` (B, T) are what a reply has where it stands alone behind the prompt. The same network
    as `step`, laid out for training: heads before positions, and the last layer only where its
    states are asked for.
    """
    b, t = ids.shape
    d, heads = shape.width, shape.heads
    half = d // heads // 2
    angles = positions[..., None] * ROPE_BASE ** (-jnp.arange(half) / half)
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    turns = jnp.stack([jnp.concatenate([cos, cos], -1), jnp.concatenate([-sin, sin], -1)])[:, :, None]
    seen = (segments[:, None] == 0) | (segments[:, None] == segments[..., None])
    bias = jnp.where(jnp.tril(jnp.ones((t, t), bool)) & seen, 0.0, -1e9)[:, None]
    pick = lambda x: jnp.take_along_axis(x, at[..., None], 1)

    # Over rows of two dimensions: the gradient of the matrix is one product then, and twice as fast.
    def times(x, matrix):
        return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], -1)

    def split(x, matrix):
        return times(x, matrix).reshape(b, -1, heads, 2 * half).swapaxes(1, 2)

    def turned(x, matrix, turns):
        x = split(x, paired(matrix, heads))
        return x * turns[0] + jnp.concatenate([x[..., half:], x[..., :half]], -1) * turns[1]

    x, read, found = weights["embed"][ids], None, []
    for i in range(shape.layers):
        if i == min(READ, shape.layers - 1):
            read = x
        w = {name: weights[f"{i}.{name}"] for name in ("norm1", "q", "k", "v", "o", "norm2", "gate", "up", "down")}
        h = rms(x, w["norm1"])
        k, v = turned(h, w["k"], turns), split(h, w["v"])
        if i == shape.layers - 1:
            x, h = pick(x), pick(h)
            bias = jnp.take_along_axis(bias, at[:, None, :, None], 2)
            turns = jnp.take_along_axis(turns, at[None, :, None, :, None], 3)
        q = turned(h, w["q"] * (2 * half) ** -0.5, turns)
        scores = q @ k.swapaxes(2, 3) + bias
        weight = jnp.exp(scores - jax.lax.stop_gradient(scores.max(-1, keepdims=True)))
        mixed = (weight @ v) / weight.sum(-1, keepdims=True)
        for head in range(GUIDED) if wanted is not None and i == shape.layers - 2 else ():
            here = jnp.take_along_axis(scores[:, head], at[..., None], 1)
            found.append(logsumexp(jnp.where(wanted, here, -1e9), -1) - logsumexp(here, -1))
        x = x + times(mixed.swapaxes(1, 2).reshape(x.shape), w["o"])
        h = rms(x, w["norm2"])
        x = x + times(jax.nn.silu(times(h, w["gate"])) * times(h, w["up"]), w["down"])
    return rms(x, weights["norm"]), read, found


def step(weights, shape, ids, positions, caches):
    """Logits of the next token for one or more new tokens (B, T) with caches of all layers."""
    slots = caches[0][0].shape[1]
    visible = jnp.arange(slots)[None, None] <= positions[..., None]
    x = weights["embed"][ids]
    new = []
    for i in range(shape.layers):
        x, cache = block(weights, i, shape, x, positions, caches[i], visible)
        new.append(cache)
    return rms(x, weights["norm"]) @ weights["embed"].T, new


def empty_caches(shape, rows, slots):
    zeros = lambda: jnp.zeros((rows, slots, shape.heads, shape.width // shape.heads))
    return [(zeros(), zeros()) for _ in range(shape.layers)]
