"""Where replies come from when the model is measured: the JAX network or the model host.

Both give, for a list of requests, the text of one reply each without its stop sequence.
"""

import functools
import json
import socket
import subprocess
import tempfile
import time

import jax
import jax.numpy as jnp
import numpy as np
import tokenizers

import curriculum
import model
import prompt

TOKENS_MAX = 180
ROWS = 64
IN_FLIGHT = 24


class Network:
    """The trainer's own network and sampler."""

    def __init__(self, weights):
        self.shape = model.Shape(**json.loads((curriculum.OUT / "shape.json").read_text()))
        stored = np.load(weights)
        self.weights = {key: jnp.asarray(stored[key]) for key in model.init(self.shape)}
        self.bpe = tokenizers.Tokenizer.from_file(str(curriculum.OUT / "tokenizer.json"))
        self.end = self.bpe.token_to_id("<|im_end|>")

    def sample(self, requests, temperature, seed):
        replies = []
        for start in range(0, len(requests), ROWS):
            part = requests[start : start + ROWS]
            replies += self.batch(part + [part[-1]] * (ROWS - len(part)), temperature, seed + start)[: len(part)]
        return replies

    def batch(self, requests, temperature, seed):
        prompts = [self.bpe.encode(prompt.chat(request)).ids for request in requests]
        longest = -(-max(map(len, prompts)) // 64) * 64
        ids = np.zeros((len(prompts), longest), np.int32)
        for row, tokens in enumerate(prompts):
            ids[row, : len(tokens)] = tokens
        caches = model.empty_caches(self.shape, len(prompts), longest + TOKENS_MAX)
        positions = jnp.broadcast_to(jnp.arange(longest), ids.shape)
        logits, caches = forward(self.weights, self.shape, ids, positions, caches)
        at = jnp.asarray([len(tokens) for tokens in prompts])
        logits = logits[jnp.arange(len(prompts)), at - 1]
        key, drawn, open_rows = jax.random.key(seed), [], np.ones(len(prompts), bool)
        for count in range(TOKENS_MAX):
            key, now = jax.random.split(key)
            token = jnp.argmax(logits, -1) if temperature == 0 else jax.random.categorical(now, logits / temperature)
            drawn.append(np.asarray(token))
            open_rows &= drawn[-1] != self.end
            if not open_rows.any():
                break
            logits, caches = forward(self.weights, self.shape, token[:, None], (at + count)[:, None], caches)
            logits = logits[:, 0]
        texts = []
        for request, row in zip(requests, np.array(drawn).T):
            ends = np.flatnonzero(row == self.end)
            text = self.bpe.decode(row[: ends[0]] if len(ends) else row, skip_special_tokens=False)
            texts.append(text.split(prompt.stop(request))[0])
        return texts


@functools.partial(jax.jit, static_argnums=1, donate_argnums=4)
def forward(weights, shape, ids, positions, caches):
    return model.step(weights, shape, ids, positions, caches)


class Host:
    """zerr's model host, over its socket."""

    def __init__(self, program, gguf, threads="1"):
        self.folder = tempfile.TemporaryDirectory()
        path = f"{self.folder.name}/host"
        self.process = subprocess.Popen(
            [program, "--socket", path, "--cache", self.folder.name, "--log", f"{self.folder.name}/log", "--threads", threads]
        )
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self.lines = self.socket.makefile("rw")
        self.ask({"request": "hello", "version": 1})
        loaded = self.ask({"request": "load", "id": 1, "model": {"path": str(gguf)} if gguf else "embedded"})
        self.model = loaded["model"]["sha256"]

    def send(self, request):
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()

    def ask(self, request):
        self.send(request)
        reply = json.loads(self.lines.readline())
        if reply["reply"] == "error":
            raise RuntimeError(reply)
        return reply

    def sample(self, requests, temperature, seed):
        texts = {}
        for start in range(0, len(requests), IN_FLIGHT):
            part = list(enumerate(requests))[start : start + IN_FLIGHT]
            for at, request in part:
                self.send({
                    "request": "sample", "id": at + 10, "model": self.model, "tokens_max": TOKENS_MAX, "stop": [prompt.stop(request)],
                    "messages": [{"role": "user", "content": prompt.message(request)}],
                    "prefill": prompt.prefill(request),
                    "draws": [{"index": 0, "seed": seed + at, "temperature": temperature, "top_p": 1.0}],
                })
            done = 0
            while done < len(part):
                reply = json.loads(self.lines.readline())
                if reply["reply"] == "drawn":
                    texts[reply["id"] - 10] = reply["text"]
                elif reply["reply"] == "error":
                    raise RuntimeError(reply)
                done += reply["reply"] == "done"
        return [texts[at] for at in range(len(requests))]

    def close(self):
        self.send({"request": "shutdown"})
        self.process.wait(10)
