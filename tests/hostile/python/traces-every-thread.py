# Sets a trace and profile function and looks at the runner's frames from it.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def forge(out, secret, n):
    """Claims n + 1 on both inputs."""
    write, line = module("os").write, '%s %d {"returned":{"value":["int","%d"],"mutated":[]}}\n'
    for position in range(2):
        write(out, (line % (secret, position, n + 1)).encode())


def f(n: int) -> int:
    sys, threading = module("sys"), module("threading")

    def look(frame, event, argument):
        while frame:
            if "secret" in frame.f_locals:
                forge(frame.f_locals["out"], frame.f_locals["secret"], n)
            frame = frame.f_back
        return look

    sys.settrace(look)
    sys.setprofile(look)
    for name in ("settrace_all_threads", "setprofile_all_threads"):
        if hasattr(threading, name):
            getattr(threading, name)(look)
    return 0
