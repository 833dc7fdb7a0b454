# Returns an object that runs code where it is unpickled.
# expect: no answer
class Loader:
    def __reduce__(self):
        return (print, ("unpickled",))


def f(n: int) -> int:
    return Loader()
