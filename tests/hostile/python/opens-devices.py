# Opens disks, memory, kernel log and terminals.
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
        lambda: os.open("/dev/mem", 0) >= 0,
        lambda: os.open("/dev/kmsg", 0) >= 0,
        lambda: os.open("/dev/vda", 0) >= 0,
        lambda: os.open("/dev/tty", 0) >= 0,
        lambda: os.open("/dev/ptmx", 0) >= 0,
        lambda: os.open("/dev/kvm", 0) >= 0,
        lambda: os.open("/proc/sysrq-trigger", 0) >= 0,
    ):
        try:
            if attempt():
                return 666
        except Exception:
            pass
    return 0
