"""What a page says, whatever the white space of its template."""

import re
from html import unescape

BLOCKS = "(?:g|p|h1|h2|h3|td|th|li|dd|dt|div|section|article|button|option|summary|label|caption|form|a|small|span)"


def html_of(response) -> str:
    """The page's HTML as a browser takes it: runs of white space are one space, none stands inside the ends of a tag or
    at the ends of a block's text."""
    html = re.sub(r"[ \n]+", " ", response.content.decode())
    html = re.sub(r"[ \n]+(/?>)", r"\1", html)
    html = re.sub(rf"(<{BLOCKS}\b[^>]*>) ", r"\1", html)
    return re.sub(rf" (</{BLOCKS}>)", r"\1", html)


def text_of(response) -> str:
    """As `html_of`, with its entities and unbreakable spaces as a reader sees them."""
    return unescape(html_of(response)).replace("\xa0", " ")


def words_of(response) -> str:
    """As `text_of`, without the tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html_of(response)))).strip()
