# Prints zero bytes, no UTF-8 and sequences that command a terminal.
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
    for fd in range(12):
        try:
            write(fd, b"\0\xff\xfe\n\x1b[2J\x1b]0;owned\x07\x1b[6n\r\x1b[1A\n")
        except OSError:
            pass
    print("\x1b[2J")
    return 0
