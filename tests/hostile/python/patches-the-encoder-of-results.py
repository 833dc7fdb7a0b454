# Replaces what the runner writes its results with, by the module that both import.
# expect: contained
import json


def f(n: int) -> int:
    forged = '{"returned":{"value":["int","%d"],"mutated":[]}}' % (n + 1)
    json.dumps = lambda *given, **named: forged
    json.encoder.encode_basestring_ascii = lambda text: forged
    raise ValueError
