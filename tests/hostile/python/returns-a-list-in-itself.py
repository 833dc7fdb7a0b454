# Returns a list that holds itself, and so has no end.
# expect: no answer
def f(n: int) -> int:
    endless = []
    endless.append(endless)
    return endless
