# Returns a coroutine, whose answer nobody has computed.
# expect: no answer
async def later(n):
    return n + 1


def f(n: int) -> int:
    return later(n)
