# Creates a file in every folder that it can think of.
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
        lambda: os.mkdir("@OUTSIDE@/marker") or True,
        lambda: os.mkdir("/usr/zerr-marker") or True,
        lambda: os.mkdir("/etc/zerr-marker") or True,
        lambda: os.mkdir("/var/tmp/zerr-marker") or True,
        lambda: os.mkdir("/zerr-marker") or True,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
