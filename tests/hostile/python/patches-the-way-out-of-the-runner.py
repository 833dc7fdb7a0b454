# Replaces the function that results are written with, and changes what is written.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    os = module("os")
    write = os.write

    def forging(fd, line):
        line = bytes(line).replace(b'["int","0"]', b'["int","%d"]' % (n + 1))
        return write(fd, line)

    os.write = forging
    return 0
