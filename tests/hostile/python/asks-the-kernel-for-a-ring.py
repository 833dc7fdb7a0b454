# Sets up io_uring, which does without system calls.
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
    for attempt in (
        lambda: module("ctypes").CDLL(None, use_errno=True).syscall(425, 4, module("ctypes").create_string_buffer(120)) >= 0,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
