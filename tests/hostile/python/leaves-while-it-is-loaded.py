# Ends the process before there is a function.
# expect: no answer
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


module("os")._exit(0)


def f(n: int) -> int:
    return 666
