"""How a case is written in the addresses that experts see."""

from annotation.access import id_behind, shown_id


class ShownCaseConverter:
    """`<case:pk>`: the view gets the case's id, the address shows what tells nothing of it."""

    regex = "[0-9a-z]{8}"

    def to_python(self, value: str) -> int:
        return id_behind(value)

    def to_url(self, value: int) -> str:
        return shown_id(value)
