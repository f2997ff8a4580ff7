"""What second opinions cost: estimated before, counted while they are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.core.opinions.prompts import MOST_ANSWER

# Bytes of UTF-8 to a token. Of English it is about four; three errs on the side of too many tokens in most scripts.
BYTES_PER_TOKEN = 3


def tokens_of(body: bytes) -> int:
    """Tokens that one request and its answer may take, at most as far as can be told without the model's tokenizer."""
    return -(-len(body) // BYTES_PER_TOKEN) + MOST_ANSWER


@dataclass(frozen=True)
class OpinionEstimate:
    """Of `cases` open cases `known` have an answer already and cost nothing; the others take so many calls and at most
    about so many tokens."""

    cases: int
    known: int
    calls: int
    tokens: int


def estimated(bodies: Iterable[bytes], known: int) -> OpinionEstimate:
    """bodies: of the requests still to be sent."""
    needed = [tokens_of(body) for body in bodies]
    return OpinionEstimate(len(needed) + known, known, len(needed), sum(needed))


@dataclass
class OpinionBudget:
    """Calls and tokens set aside for one job, and what of them is spent."""

    most_calls: int
    most_tokens: int
    calls: int = 0
    tokens: int = 0

    def allows(self, body: bytes) -> bool:
        return self.calls < self.most_calls and self.tokens + tokens_of(body) <= self.most_tokens

    def spend(self, body: bytes, tokens: int | None) -> None:
        """Count one call, with the tokens the server names or, where it names none, all that were set aside."""
        self.calls += 1
        self.tokens += tokens_of(body) if tokens is None else tokens

    @property
    def left(self) -> str:
        return (
            f"{self.calls:,} of {self.most_calls:,} calls and {self.tokens:,} of {self.most_tokens:,} tokens were spent"
        )
