# Raises what ends a program before there is a function.
# expect: rejected
raise SystemExit(0)


def f(n: int) -> int:
    return 666
