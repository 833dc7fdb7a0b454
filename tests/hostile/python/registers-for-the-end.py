# Registers a result for the end of the process.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    atexit, sys = module("atexit"), module("sys")
    claim = lambda *given: print('0 {"returned":{"value":["int","%d"],"mutated":[]}}' % (n + 1))
    atexit.register(claim)
    sys.excepthook = sys.unraisablehook = sys.displayhook = claim
    return 0
