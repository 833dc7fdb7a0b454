# Reaches classes through the small language of `str.format`.
# expect: no answer
def f(n: int) -> int:
    return "{0.__class__.__base__.__subclasses__}".format(n)
