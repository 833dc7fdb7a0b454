# Computes a power that the universe has no room for.
# expect: no answer
def f(n: int) -> int:
    return 9 ** 9 ** 9 % 1000
