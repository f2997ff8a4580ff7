"""Shares, differences, amounts and p values as text."""


def percent(share: float) -> str:
    """0.714 → 71.4 %, the space unbreakable."""
    return f"{100 * share:.1f}\u00a0%"


def span(low: float, high: float) -> str:
    """Limits of a share, in percent: 0.701, 0.726 → 70.1–72.6."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def signed(difference: float) -> str:
    """A difference of shares in points: 0.093 → +9.3, −0.0004 → 0.0."""
    text = f"{100 * difference:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def points_words(difference: float) -> str:
    """A difference of shares somebody declared: 0.01 → 1 point, 0.005 → 0.5 points."""
    points = f"{round(100 * difference, 2):g}"
    return f"{points} point{'' if points == '1' else 's'}"


def signed_span(low: float, high: float) -> str:
    """Limits of a difference in points: −0.003, 0.017 → −0.3 to +1.7."""
    return f"{signed(low)} to {signed(high)}"


def money(amount: float) -> str:
    """An amount without its unit, to three digits or whole: 1234.5 → 1,234, 12.34 → 12.3, 0.1234 → 0.123."""
    if amount != amount:
        return "–"
    digits = next((digits for least, digits in ((100, 0), (10, 1), (1, 2)) if abs(amount) >= least), 3)
    text = f"{amount:,.{digits}f}".replace("-", "−")
    return "0" if not text.strip("−0.,") else text


def signed_money(amount: float) -> str:
    """What is saved: 112.4 → +112."""
    text = money(amount)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def p_words(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
