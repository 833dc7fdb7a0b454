# Makes a file of a terabyte with nothing in it.
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
    try:
        os.ftruncate(os.open("/tmp/py-sparse", 66), 1 << 40)
    except OSError:
        return 0
    return 666
