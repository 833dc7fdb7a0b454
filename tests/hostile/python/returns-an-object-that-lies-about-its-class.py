# Says that its class is int.
# expect: no answer
class Liar:
    __class__ = property(lambda self: int)

    def __init__(self, n):
        self.n = n

    def __index__(self):
        return self.n + 1


def f(n: int) -> int:
    return Liar(n)
