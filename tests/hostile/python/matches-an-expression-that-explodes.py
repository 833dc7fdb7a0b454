# Matches a regular expression that tries every way there is.
# expect: no answer
import re


def f(n: int) -> int:
    return 666 if re.match(r"(a|a|aa)+$", "a" * 60 + "b") is None else 0
