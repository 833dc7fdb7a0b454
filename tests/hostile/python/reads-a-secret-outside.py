# Reads a file that everybody on the machine may read.
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
        lambda: module("builtins").open("@OUTSIDE@/secret").read(),
        lambda: module("builtins").open("../../../../../..@OUTSIDE@/secret").read(),
        lambda: os.listdir("@OUTSIDE@"),
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
