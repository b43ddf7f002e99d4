"""Text that others wrote, made safe for where it is shown: a terminal, a comment in Markdown, a page.

A cell of the data may hold anything. Nothing of it may act: no escape code moves the cursor, no mark of Markdown
makes a link or an image, no mention calls people, no element of HTML runs.
"""

from __future__ import annotations

import html
import re

_SIGN = re.compile(r"(?!(?<=\d)\.(?=\d))[!-+./:-@\[-`{-~]", re.ASCII)


def plain(text: str) -> str:
    r"""A text on one line in which every character can be seen.

    Returns
    -------
    str
        Characters that show nothing, or that change the order of others, appear as their escapes, such as ``\x1b``.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def markdown(text: str) -> str:
    """A text for a comment on a pull request.

    Returns
    -------
    str
        A code element: in it no mention, reference or address becomes a link. All signs but commas, hyphens and the
        point within a number become character references, which Markdown never takes for marks.
    """
    return f"<code>{_SIGN.sub(lambda sign: f'&#{ord(sign[0])};', plain(text)) or ' '}</code>"


def page(text: str) -> str:
    """A text for an HTML page, in an element or an attribute."""
    return html.escape(plain(text))
