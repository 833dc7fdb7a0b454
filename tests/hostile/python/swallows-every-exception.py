# Loops and catches whatever would end the loop.
# expect: no answer
def f(n: int) -> int:
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
