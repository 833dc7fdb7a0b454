# Sends a datagram to a port of the machine.
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
        lambda: module("_socket").socket(2, 2).sendto(b"x", ("127.0.0.1", int("@PORT@"))),
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
