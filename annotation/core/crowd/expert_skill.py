"""How often each expert is right."""

from scipy.special import betainc

# Answers to items of known label before anybody is judged by them.
LEAST_CHECKS = 8


def below_bar(right: int, n: int, bar: float, sure: float = 0.95) -> bool:
    """Whether somebody with `right` of `n` is below the share `bar` in [0, 1] with a chance of `sure` or more.

    From the posterior of the share under Jeffreys' prior, Beta(1/2, 1/2); False before LEAST_CHECKS.
    """
    return n >= LEAST_CHECKS and float(betainc(right + 0.5, n - right + 0.5, bar)) >= sure
