"""Numbers that tell nothing of the order in which they were given, and turns that nobody can foresee: both keyed."""

import hashlib

BITS = 40
ROUNDS = 6
WRITTEN = 8
# Crockford's base 32: no i, l, o or u, which are read as something else.
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_HALF = BITS // 2
_MASK = (1 << _HALF) - 1


def hidden(number: int, key: bytes) -> str:
    """Eight letters and digits for a number in [0, 2**40); another number never has the same.

    A balanced Feistel network (Luby & Rackoff 1988) of six rounds, whose round function is keyed BLAKE2b.
    """
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"{number} is not in [0, 2**{BITS}).")
    left, right = number >> _HALF, number & _MASK
    for turn in range(ROUNDS):
        left, right = right, left ^ _mixed(right, turn, key)
    return _written(left << _HALF | right)


def revealed(written: str, key: bytes) -> int:
    """The number behind what `hidden` gave under the same key. Raises ValueError for what it never gives."""
    if len(written) != WRITTEN:
        raise ValueError(f"{written!r} does not have {WRITTEN} characters.")
    number = 0
    for digit in written:
        number = number << 5 | DIGITS.index(digit)
    left, right = number >> _HALF, number & _MASK
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ _mixed(left, turn, key), left
    return left << _HALF | right


def drawn(key: bytes, *facts: object) -> bytes:
    """32 bytes, always the same for the same facts and the same key: keyed BLAKE2b of how they are written."""
    written = "".join(f"{len(str(one))}:{one}" for one in facts)
    return hashlib.blake2b(written.encode(), key=key, digest_size=32).digest()


def _mixed(half: int, turn: int, key: bytes) -> int:
    data = bytes([turn]) + half.to_bytes(3, "big")
    return int.from_bytes(hashlib.blake2b(data, key=key, digest_size=4).digest(), "big") & _MASK


def _written(number: int) -> str:
    return "".join(DIGITS[number >> shift & 31] for shift in range(BITS - 5, -1, -5))
