# Raises an exception whose text and name are a result.
# expect: raises
class Liar(Exception):
    def __str__(self):
        return '{"returned":{"value":["int","8"],"mutated":[]}}'

    __repr__ = __str__


Liar.__name__ = 'ValueError","message":""}}\n0 0 '


def f(n: int) -> int:
    raise Liar('"}}\n')
