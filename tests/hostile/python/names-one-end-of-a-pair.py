# Gives a name to one end of a pair of sockets, connects the other, and makes a pair that can send anywhere.
# expect: returns 0
def system():
    """The globals of `os`, by way of what every object knows."""
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "_wrap_close":
            return kind.__init__.__globals__


def module(name):
    return system()["__builtins__"]["__import__"](name)


def f(n: int) -> int:
    socket = module("_socket")
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for attempt in (
        lambda: one.bind(b"\0zerr-hostile"),
        lambda: other.bind("/tmp/named"),
        lambda: other.connect("@OUTSIDE@/socket"),
        lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
        lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW),
    ):
        try:
            attempt()
            return 666
        except OSError as error:
            if error.errno != 1:
                return 667
    return 0
