# Changes its user and group.
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
        lambda: os.setuid(0) or True,
        lambda: os.setgid(0) or True,
        lambda: os.setgroups([0]) or True,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
