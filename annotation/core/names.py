"""Names as people tell them apart."""

import unicodedata


def folded(name: str) -> str:
    """What two names share that look the same to a reader: Unicode form, capitals, blanks and what is not seen at all
    make no difference."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) not in ("Cf", "Cc"))
    return " ".join(seen.split()).casefold()
