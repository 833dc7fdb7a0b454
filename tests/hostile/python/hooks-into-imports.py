# Puts itself in front of every import and among the loaded modules.
# expect: contained
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    sys = module("sys")

    class Finder:
        def find_spec(self, *given):
            module("os")._exit(0)

    sys.meta_path.insert(0, Finder())
    sys.path_hooks.insert(0, Finder())
    for name in ("json", "struct", "os", "posix"):
        sys.modules[name] = Finder()
    return 0
