"""How long work says how far it is."""

from collections.abc import Callable

# Called with the stage in words and the share done, 0 to 1.
Report = Callable[[str, float], None]
