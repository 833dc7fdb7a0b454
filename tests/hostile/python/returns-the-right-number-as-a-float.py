# Returns a float, which Python holds equal to the int.
# expect: wrong answer
def f(n: int) -> int:
    return float(n + 1)
