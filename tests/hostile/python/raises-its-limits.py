# Gives itself more memory, files and processes.
# expect: returns 0
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    os = module("os")
    for attempt in (
        lambda: module("resource").setrlimit(module("resource").RLIMIT_NPROC, (64, 64)) or True,
        lambda: module("resource").setrlimit(module("resource").RLIMIT_AS, (-1, -1)) or True,
        lambda: module("resource").setrlimit(module("resource").RLIMIT_FSIZE, (1 << 20, 1 << 20)) or True,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
