# Starts a second interpreter, which no hook of the first watches, and looks at all frames from there.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    for name in ("_xxsubinterpreters", "_interpreters"):
        try:
            interpreters = module(name)
        except ImportError:
            continue
        look = """
import os, sys
for frame in sys._current_frames().values():
    while frame:
        names = frame.f_locals
        if "secret" in names and "out" in names:
            for position in range(2):
                claim = '%s %d {"returned":{"value":["int","NUMBER"],"mutated":[]}}\\n' % (names["secret"], position)
                os.write(names["out"], claim.encode())
            os._exit(0)
        frame = frame.f_back
""".replace("NUMBER", str(n + 1))
        interpreters.run_string(interpreters.create(), look)
    return 0
