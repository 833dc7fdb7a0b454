# Starts one process in each way there is.
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
        lambda: os.fork() >= 0,
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: module("subprocess").run(["/bin/true"]).returncode == 0,
        lambda: os.system("true") == 0,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
