# Opens local, raw, netlink, packet and virtual machine sockets.
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
        lambda: module("_socket").socket(1, 1, 0),
        lambda: module("_socket").socket(2, 3, 1),
        lambda: module("_socket").socket(10, 1, 0),
        lambda: module("_socket").socket(16, 3, 0),
        lambda: module("_socket").socket(17, 3, 0),
        lambda: module("_socket").socket(38, 5, 0),
        lambda: module("_socket").socket(40, 1, 0),
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
