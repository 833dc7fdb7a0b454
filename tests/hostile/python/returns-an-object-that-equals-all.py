# Returns an object that is equal to, less and greater than everything.
# expect: no answer
class Liar:
    def __eq__(self, other):
        return True

    __lt__ = __gt__ = __le__ = __ge__ = __eq__

    def __getattribute__(self, name):
        return lambda *given: True


def f(n: int) -> int:
    return Liar()
