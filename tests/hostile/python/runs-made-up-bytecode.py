# Runs bytecode that the compiler would never write.
# expect: no answer
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    def g():
        return 666

    g.__code__ = g.__code__.replace(co_code=bytes([100, 255] * 8 + [83, 0]), co_consts=())
    g()
    return 666
