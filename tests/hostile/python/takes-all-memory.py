# Doubles a list until eight gigabytes are taken.
# expect: no answer
def f(n: int) -> int:
    held = [0] * 1_000_000
    while len(held) < 1_000_000_000:
        held = held + held
    return 666
