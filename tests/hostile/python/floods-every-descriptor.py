# Writes sixteen megabytes to whatever is open.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    write = module("os").write
    for _ in range(256):
        for fd in range(12):
            try:
                write(fd, b"x" * 65536)
            except OSError:
                pass
    return 0
