"""What the slices of a comparison say, each by its own interval."""

from modeling.core.proving.stored import SliceChange

# With fewer rows a slice says next to nothing: it is folded away.
SMALL = 20


def slice_verdict(one: SliceChange, worthwhile: float | None) -> str:
    """better, worse, equivalent within ± worthwhile, or not distinguishable."""
    if one["low"] > 0 or one["high"] < 0:
        return "better" if one["low"] > 0 else "worse"
    if worthwhile is not None and -worthwhile < one["low"] and one["high"] < worthwhile:
        return "equivalent"
    return "not distinguishable"
