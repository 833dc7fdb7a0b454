# Gives an answer that depends on the seed of hashes.
# expect: no answer
def f(n: int) -> int:
    return hash("seed") % 1_000_003 + 1000
