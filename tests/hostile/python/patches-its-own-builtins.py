# Replaces the builtins that it was given, the guard of imports among them.
# expect: contained
def f(n: int) -> int:
    __builtins__["__import__"] = lambda *given, **named: None
    __builtins__["len"] = lambda value: n + 1
    __builtins__["type"] = lambda value: int
    import os

    return 0 if os is None else 666
