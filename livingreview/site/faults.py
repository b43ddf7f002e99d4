"""Where a reader reports an error, or mends it; the card of a number adds itself to the address of a report."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from livingreview.site.citing import address

#: The form that takes a correction, and its question that takes the rest.
FORM, REST = "1-correction.yml", "note"
#: What a reader can do where there is neither a repository nor an address: the page, and the place on it.
HOW_ELSE = ("chapters/methods", "who-made-it-and-how-to-help")


def report_to(facts: dict[str, str], page: str, title: str) -> str:
    """Say where an error on a page is reported, with what is known of it filled in.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review: its repository, or else the contact, takes reports.
    page : str
        Path of the page from the root of the site.
    title : str
        Title of the page.

    Returns
    -------
    str
        An address; blank where the review names no place for reports. The script of the cards adds the number that a
        report is about: to a form its answers, to a letter a line at its end.
    """
    lines = [
        f"Page: {title}",
        f"Address: {address(facts, page, facts['version']) or page}",
        f"Version: {facts['version']}",
        "",
        "What is wrong, and where does the source say so?",
        "",
    ]
    subject, body = f"Error: {title}", "\n".join(lines)
    if repository := facts["repository"].rstrip("/"):
        return f"{repository}/issues/new?{urlencode({'template': FORM, 'title': subject, REST: body})}"
    if "@" in facts["contact"]:
        return f"mailto:{facts['contact']}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
    return facts["contact"]


def edit_at(facts: dict[str, str], path: str) -> str:
    """Say where the file that a page is made of is edited, by its path in the repository; blank without one."""
    repository = facts["repository"].rstrip("/")
    return f"{repository}/edit/main/{path}" if repository else ""
