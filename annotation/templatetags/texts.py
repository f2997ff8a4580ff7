"""Whatever comes from a file, as pages show it: isolated, in its own direction, with what nobody sees marked."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.core.invisible import longest_run, runs_of, visible
from annotation.core.likeness.differences import FIRST_SCREEN, Piece, first_screen
from annotation.core.written import plain_number

register = template.Library()

# The longest word that a line keeps whole.
LONG_WORD = 24


@register.filter
def as_written(value: object) -> SafeString:
    """A text or a value out of a file: its own direction, nothing of it reaches beyond it."""
    return _isolated(_first_screen(_plain(value)), name=False)


@register.filter
def as_named(value: object) -> SafeString:
    """A class, an annotator, a source, an item's id: of a name what has no width is marked too."""
    return _isolated(_first_screen(_plain(value)), name=True)


@register.filter
def quoting(value: object) -> SafeString:
    """A sentence of ours, or of a member, that quotes such texts: its direction stays, what turns it is marked."""
    return _marked_runs(_plain(value), name=False)


@register.filter
def in_a_choice(value: object) -> str:
    """A name where no markup can stand: what nobody sees has a short name in its place."""
    return visible(_plain(value))


@register.filter
def each_named(values: Iterable[object], between: str = ", ") -> SafeString:
    """Names one after the other."""
    return format_html_join(between, "{}", ((as_named(value),) for value in values))


@register.filter
def marked_pieces(pieces: Iterable[Piece]) -> SafeString:
    """What differs from another text, as `ins` and `del`; negations and numbers among it stand out. Made here and not
    in a template: white space between the pieces is the text's own."""
    return format_html_join("", "{}", ((_marked(piece),) for piece in pieces))


@register.filter
def beginning(pieces: Sequence[Piece]) -> SafeString:
    """The same of as much as fills a screen."""
    shown, n = first_screen(pieces)
    more = "" if n <= FIRST_SCREEN else f"… ({n:,} characters)"
    return format_html("{}{}", marked_pieces(shown), more)


def _plain(value: object) -> str:
    if value is None:
        return ""
    return plain_number(value) if isinstance(value, int | float) else str(value)


def _first_screen(text: str) -> str:
    return text if len(text) <= FIRST_SCREEN else f"{text[:FIRST_SCREEN]}… ({len(text):,} characters)"


def _isolated(text: str, *, name: bool) -> SafeString:
    is_long = longest_run(text) > LONG_WORD
    if not is_long and text.isascii() and text.isprintable():
        # of one direction already, and with nothing that could turn what follows
        return escape(text)
    long = ' class="long"' if is_long else ""
    return format_html('<bdi dir="auto"{}>{}</bdi>', SafeString(long), _marked_runs(text, name=name))


def _marked_runs(text: str, *, name: bool) -> SafeString:
    return format_html_join("", "{}", ((_run(run),) for run in runs_of(text, name=name)))


def _run(run: Any) -> str:
    """A sign stands in the place of its character: that would still turn what follows."""
    if not run.sign:
        return str(run.text)
    return format_html(
        '<span class="sign" role="img" data-sign="{}" title="{}" aria-label="{}"></span>{}', run.sign, run.title,
        run.title, run.text if run.text in KEPT else "",
    )  # fmt: skip


# What joins or parts letters, and blanks: the text would read otherwise without them.
KEPT = frozenset("\u200c\u200d\u00a0\u2007\u202f\u00ad\u200b\u2060\t\n\r\u200e\u200f\u061c")


def _marked(piece: Piece) -> str:
    told = _marked_runs(piece.text, name=False)
    if piece.kind == "same":
        return told
    text = format_html("<mark><b>{}</b></mark>", told) if piece.negation or piece.number else told
    if piece.kind == "inserted":
        return format_html("<ins>{}</ins>", text)
    # what is not in the text has no part in its direction
    return format_html("<del>{}</del>" if piece.text.isascii() else '<del><bdi dir="auto">{}</bdi></del>', text)
