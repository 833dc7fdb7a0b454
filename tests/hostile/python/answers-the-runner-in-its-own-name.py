# Puts a second answer into the queue that its thread answers by.
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
    try:
        raise ValueError
    except ValueError as error:
        put = error.__traceback__.tb_frame.f_back.f_locals["put"]
    put((True, n + 1))
    put((True, n + 1))
    return 0
