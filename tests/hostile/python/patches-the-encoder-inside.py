# Replaces the part of the encoder that the runner's own reference leads to.
# expect: contained
import json


def f(n: int) -> int:
    class Forger:
        def encode(self, value):
            return '{"returned":{"value":["int","%d"],"mutated":[]}}' % (n + 1)

    json._default_encoder = Forger()
    return {1, 2, f}
