# Finds the job with its secret among all objects and writes a result with it.
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
    for found in module("gc").get_objects():
        if type(found) is dict and "secret" in found:
            for fd in range(3, 12):
                try:
                    forge(fd, found["secret"], n)
                except OSError:
                    pass
    return 0
