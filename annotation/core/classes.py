"""The classes in use, and what stands today for a class that was renamed, merged, split or retired."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.core.wording import listed, quoted


@dataclass(frozen=True)
class Classes:
    """`names`: those in use, in their order. `became`: each class that is not → the class in use that stands for it,
    None where it was split or retired. `ended`: of these → how, as in "was split on 3 May 2026"."""

    names: tuple[str, ...]
    became: Mapping[str, str | None]
    ended: Mapping[str, str]

    @property
    def understood(self) -> tuple[str, ...]:
        """What a label may still be called: the classes in use, then what became one of them."""
        return self.names + tuple(name for name, now in self.became.items() if now)

    def now(self, name: str | None) -> str | None:
        """The class in use that stands for `name`; None where there is none."""
        return name if name in self.names else self.became.get(name or "")

    def as_of(self, then: Sequence[str]) -> dict[str, str | None]:
        """Every class there ever was → the one of `then` that meant it."""
        same: dict[str | None, list[str]] = {}
        for one in then:
            same.setdefault(self.now(one), []).append(one)
        known = set(then)
        return {name: name if name in known else self._one_of(name, same) for name in (*self.names, *self.became)}

    def _one_of(self, name: str, same: Mapping[str | None, Sequence[str]]) -> str | None:
        """The only one that is the same class as `name` today; None where there are several or none."""
        found = same.get(self.now(name) or "", ())
        return found[0] if len(found) == 1 else None

    def cannot_carry(self, then: Iterable[str]) -> str | None:
        """Why probabilities of the classes `then` say nothing of today's, a sentence's end; None where they do."""
        gone = [name for name in then if self.now(name) is None]
        if not gone:
            return None
        how = sorted({self.ended.get(name, "is no class here") for name in gone})
        return f"{listed([quoted(name) for name in gone[:3]])}, which {listed(how)}"

    def carried_over(self, then: Sequence[str]) -> str:
        """What is done to probabilities of the classes `then`, a clause; "" where they are today's already."""
        renamed = [name for name in then if name not in self.names and self.now(name)]
        new = [name for name in self.names if name not in {self.now(one) for one in then}]
        parts = [f"{quoted(name)} is read as {quoted(self.now(name) or '')}" for name in renamed[:3]]
        if len(renamed) > 3:
            parts.append(f"{len(renamed) - 3:,} more likewise")
        if new:
            parts.append(f"it never says {listed([quoted(name) for name in new[:3]])}, which it was not made for")
        return listed(parts)
