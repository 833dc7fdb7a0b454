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
    """Claims n + 1 for the call that is under way."""
    line = '%s %d {"returned":{"value":["int","%d"],"mutated":[]}}\n'
    module("os").write(out, (line % (secret, len(calls) - 1, n + 1)).encode())


calls = []


def f(n: int) -> int:
    calls.append(n)
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
            module("builtins").getattr(threading, name)(look)
    return 0
