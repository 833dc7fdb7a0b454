# Forks until it may not, two thousand times at most, and leaves no child alive.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    os = module("os")
    for _ in range(2000):
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            return 0
    return 666
