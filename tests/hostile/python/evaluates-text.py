# Runs code from text with each name that does so.
# expect: contained
def f(n: int) -> int:
    for name in ("eval", "exec", "compile", "open", "input", "breakpoint", "globals", "vars"):
        if name in __builtins__:
            return 666
    return 0
