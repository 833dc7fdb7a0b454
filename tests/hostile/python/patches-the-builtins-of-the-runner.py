# Replaces functions that every module uses, the runner's own included.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    real = module("builtins").__dict__
    kind, text = real["type"], '["int","%d"]' % (n + 1)
    for name in ("isinstance", "sorted", "max", "map", "set", "len", "str", "repr", "enumerate"):
        real[name] = lambda *given: True
    real["type"] = lambda *given: int if given and given[0] == 0 else kind(*given)
    return 0
