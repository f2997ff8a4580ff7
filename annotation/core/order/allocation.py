"""How many to draw from each stratum."""

import numpy as np


def allocate(wanted: np.ndarray, items: np.ndarray, least: np.ndarray, size: int) -> list[int]:
    """Whole numbers near `wanted`, float (h,), that sum to `size`: none more than `items`, int (h,), nor less than
    `least`, int (h,), which together are no more than `size`. All of them where there are no more than `size`."""
    if size >= items.sum():
        return [int(n) for n in items]
    shares = np.clip(np.floor(wanted).astype(int), least, items)
    # what rounding and limits leave goes where most is lacking
    while shares.sum() != size:
        step = 1 if shares.sum() < size else -1
        room = shares < items if step > 0 else shares > least
        lack = np.where(room, step * (wanted - shares), -np.inf)
        shares[int(lack.argmax())] += step
    return [int(n) for n in shares]
