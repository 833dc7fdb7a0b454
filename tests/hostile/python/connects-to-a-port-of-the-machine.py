# Connects to a port that the parent listens on.
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
        lambda: module("_socket").socket().connect(("127.0.0.1", int("@PORT@"))) or True,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
