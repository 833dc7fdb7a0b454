# Takes the runner's frame from the interpreter's own functions.
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
    ctypes = module("ctypes")
    api, builtins = ctypes.pythonapi, module("builtins")
    for name, result in (
        ("PyInterpreterState_Head", ctypes.c_void_p),
        ("PyInterpreterState_ThreadHead", ctypes.c_void_p),
        ("PyThreadState_Next", ctypes.c_void_p),
        ("PyThreadState_GetFrame", ctypes.py_object),
    ):
        builtins.getattr(api, name).restype = result
    thread = api.PyInterpreterState_ThreadHead(ctypes.c_void_p(api.PyInterpreterState_Head()))
    while thread:
        frame = api.PyThreadState_GetFrame(ctypes.c_void_p(thread))
        while frame:
            if "secret" in frame.f_locals:
                forge(frame.f_locals["out"], frame.f_locals["secret"], n)
            frame = frame.f_back
        thread = api.PyThreadState_Next(ctypes.c_void_p(thread))
    return 0
