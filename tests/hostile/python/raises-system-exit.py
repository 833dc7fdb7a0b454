# Raises what ends a program with success.
# expect: no answer
def f(n: int) -> int:
    raise SystemExit(0)
