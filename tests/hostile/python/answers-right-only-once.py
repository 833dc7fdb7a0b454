# Gives the right answer the first time and another one after that.
# expect: no answer
calls = []


def f(n: int) -> int:
    calls.append(n)
    return n + 1 if len(calls) == 1 else 0
