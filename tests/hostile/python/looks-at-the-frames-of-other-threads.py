# Finds the secret among the variables of the runner's thread and writes a result with it.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def forge(out, secret, n):
    """Claims n + 1 for the call that is under way."""
    line = '%s %d {"returned":{"value":["int","%d"],"mutated":[]}}\n'
    module("os").write(out, (line % (secret, len(calls) - 1, n + 1)).encode())


calls = []


def f(n: int) -> int:
    calls.append(n)
    for frame in module("sys")._current_frames().values():
        while frame:
            names = frame.f_locals
            if "secret" in names:
                forge(names["out"], names["secret"], n)
            frame = frame.f_back
    return 0
