"""Where a reader reports an error: the one place that knows it, for the foot of every page and the card of a number."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from livingreview.site.citing import address

#: What a reader can do where there is neither a repository nor an address: the page, and the place on it.
HOW_ELSE = ("chapters/methods", "who-made-it-and-how-to-help")


def report_to(facts: dict[str, str], page: str, title: str, about: str = "") -> str:
    """Say where an error on a page is reported, with what is known of it filled in.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review: its repository, or else the contact, takes reports.
    page : str
        Path of the page from the root of the site; it may end with an anchor.
    title : str
        Title of the page.
    about : str
        What on the page the report is about, such as a number; blank for the page as a whole.

    Returns
    -------
    str
        An address; blank where the review names no place for reports.
    """
    path, mark, anchor = page.partition("#")
    lines = [
        f"Page: {title}",
        f"Address: {address(facts, path, facts['version']) or path}{mark}{anchor}",
        f"Version: {facts['version']}",
        *([f"About: {about}"] if about else []),
        "",
        "What is wrong, and where does the source say so?",
        "",
    ]
    subject, body = f"Error: {title}", "\n".join(lines)
    if repository := facts["repository"].rstrip("/"):
        return f"{repository}/issues/new?{urlencode({'title': subject, 'body': body})}"
    if "@" in facts["contact"]:
        return f"mailto:{facts['contact']}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
    return facts["contact"]
