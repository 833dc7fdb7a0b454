# Has a signal run its handler where the secret is.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    signal, os = module("signal"), module("os")
    try:
        signal.signal(signal.SIGUSR1, lambda number, frame: os._exit(0))
        os.kill(os.getpid(), signal.SIGUSR1)
        return 666
    except ValueError:
        return 0
