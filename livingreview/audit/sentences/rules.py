"""What is checked of a sentence: its words against what its numbers are about, whoever confirmed it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from livingreview.audit.sentences import words
from livingreview.evidence import load, places
from livingreview.evidence.about import About

#: A key of a number in a sentence, where it begins, and what the number is about.
Key = tuple[str, int, About]

_NOT_AN_ARM = ("_p", "_ci", "_of", "_high", "_rd", "_rr", "_or", "_nnt")
_NUMBERED = re.compile(r"\{[^}]*\}")
#: An amount of 'more' or 'fewer' has no sign.
_SIGNED = re.compile(r"(?<!\w)[−-]\d[\d.,]*%? (?:more|fewer|less)\b")
#: A bound of age or size, as prose says it.
_UPPER = re.compile(r"[^}]*\} (?:years )?(?:or|and) (?:under|younger|less|fewer|below)\b")
#: The odds or the hazard of something, with the ratio that follows it.
_ODDS = re.compile(
    r"\b(?P<way>higher|lower|more|less|fewer|greater|smaller|earlier|later|better|worse|sooner)\b[^.;{(]*"
    r"\((?:adjusted )?(?:odds|hazard|risk|rate) ratio \{"
)
_ROLE = re.compile(r"\b(?:(primary)|(secondary)) outcomes?\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:unlike|rather than|instead of|not|no|nor|neither|other than|differ\w* from|another)\b", re.I)


#: What the numbers of a column count, by column; the first is its name.
_UNITS = {
    "n": ("people",),
    "clinics": ("clinics", "sites"),
    "intervention_months": ("months",),
    "months": ("months",),
}


@dataclass(frozen=True)
class Fault:
    """A word that the data do not bear out: the word, what the data say, and what to do."""

    word: str
    data: str
    remedy: str


def faults(text: str, keys: Sequence[Key], trials: Sequence[str], near: About) -> Iterator[Fault]:
    """Compare the words of a sentence that has numbers with what these are about.

    Parameters
    ----------
    text : str
        The sentence in its normal form.
    keys : sequence of (str, int, About)
        Its numbers.
    trials : sequence of str
        Acronyms of all trials.
    near : About
        What the numbers and conclusions around it are about: what they say may be said again.
    """
    whole = About().joined(*(about for _, _, about in keys))
    plain = _NUMBERED.sub("#", text)
    if whole.rows:
        yield from _nouns(plain, whole, near)
        if (usual := words.USUAL.search(plain)) and not words.USUAL_CELL.search(whole.words):
            yield Fault(usual[0], "the cells behind its numbers say care that was improved", _shown(whole))
        yield from _trials(plain, whole, near, trials)
        yield from times(plain, whole, near)
        yield from _times_beside(text, keys)
        yield from _roles(plain, whole)
        yield from _arms(text, keys)
        yield from _intervals(text, keys)
        yield from _beside(text, keys, trials)
        for said, about in _segments(text, keys, whole):
            if words.INTERVENTION.search(said) or words.COMPARATOR.search(said):
                yield from directions(_NUMBERED.sub("#", said), about)
        yield from _significance(text, keys)
        yield from _stated(text, keys, whole)
        yield from _beside_keys(text, keys)
    yield from never(plain)


def never(text: str) -> Iterator[Fault]:
    """Words that no data can bear out: certainty, which is not assessed, and an arm compared with itself."""
    for match in words.REVERSED.finditer(text):
        clause = text[max(text.rfind(mark, 0, match.start()) for mark in ".;:") + 1 : match.start()]
        if _OTHER.search(clause) or "without" in clause:
            continue
        yield Fault(match[0], f"{load().arm('intervention')} is what others are compared with", "Name the comparator.")
    yield from turned(text)
    for match in words.CERTAINTY.finditer(text):
        yield Fault(match[0], "certainty and equivalence are not assessed", "Say the estimate and its interval.")


def turned(text: str) -> Iterator[Fault]:
    """A difference that is taken the wrong way round, or has a sign beside a word of direction."""
    if minus := words.MINUS.search(text):
        yield Fault(minus[0], "every difference of the data is the intervention minus its comparator", "Exchange them.")
    if signed := _SIGNED.search(text):
        yield Fault(signed[0], "a number with a sign is no amount of more or fewer", "Take the size of the difference.")


def label(text: str, own: About, near: About) -> Iterator[Fault]:
    """Compare the names and the times in a label of a table or figure with all the rows that it shows."""
    if own.rows:
        yield from (fault for fault in _nouns(text, own, near) if not fault.data.endswith("source"))
        axis = re.search(r"\b(days|weeks|months|years) (?:after|since|from)\b", text)
        if axis and axis[1] != "months" and own.months and axis[1].rstrip("s") not in own.words:
            yield Fault(axis[1], "its rows give their times in months", _shown(own))
    yield from turned(text)


def scope(text: str, page: About, trials: Sequence[str]) -> Iterator[Fault]:
    """Compare the names in a sentence without numbers with all that its page is about."""
    absent = words.ABSENT.search(text)
    if page.rows:
        nouns = _nouns(text, page, page)
        nouns = (fault for fault in nouns if not fault.data.endswith("source"))  # a page may name any text
        yield from (fault for fault in nouns if not absent or fault.data.endswith(("place", "unit", "design")))
        yield from _trials(text, page, page, trials) if not absent else ()
    if (judged := words.JUDGED.search(text)) and not absent:
        yield Fault(judged[0], "how much was read and judged is counted, and notices are rows", "Publish the count.")
    yield from never(text)


def _nouns(text: str, whole: About, near: About) -> Iterator[Fault]:
    measured = any(row.outcome and row.arm for row in whole.rows)
    for kind, pattern, needed in words.guards():
        said, around = (whole.sources, near.sources) if kind == "source" else (whole.words, near.words)
        match = pattern.search(text)
        team = " ".join(row.team for row in whole.rows) if kind == "profession" else ""
        own = measured and kind in ("outcome", "comparator")  # what stands beside it was measured too, or compared
        if match and not any(map(needed.search, (said, "" if own else around, team))):
            yield Fault(match[0], f"no cell behind its numbers says this {kind}", _shown(whole))
    said, around = whole.words, near.words
    for match in places.STATE.finditer(text):
        if match[0].casefold() not in said.casefold():
            yield Fault(match[0], "no cell behind its numbers names this place", _shown(whole))
    for match in words.INSTRUMENT.finditer(text):
        name = match[0].casefold().rstrip("-")
        named = " ".join(f"{row.words} {row.row}" for row in whole.rows) if measured else said + around
        if name not in named.casefold():
            yield Fault(match[0], "no cell behind its numbers names this instrument", _shown(whole))
    for match in words.IDENTIFIER.finditer(text):
        if match[0] not in said and match[0] not in around:
            yield Fault(match[0], "no cell behind its numbers holds this identifier", _shown(whole))


def _shown(about: About) -> str:
    return f"Its rows: {', '.join(row.row for row in about.rows[:4])}."


def _trials(text: str, whole: About, near: About, trials: Sequence[str]) -> Iterator[Fault]:
    said = whole.words.casefold()
    known = whole.trials or near.trials
    unsaid = [name for name in trials if name not in known and name.casefold() not in said]
    for name in unsaid if whole.trials else ():
        if re.search(rf"(?<!nearest to )(?<!for )(?<!unlike )(?<![\w-]){re.escape(name)}(?![\w+])", text):
            yield Fault(name, f"its numbers are about {', '.join(sorted(whole.trials))}", _shown(whole))


def times(text: str, whole: About, near: About) -> Iterator[Fault]:
    """Compare the times in a text with those of its rows, or else of the rows around it."""
    late = re.search(r"\bat (?:the end|follow-?up)\b", text, re.I)
    if late and all("-baseline" in row.row for row in whole.rows):
        yield Fault(late[0], "its numbers are from the start of the trial", _shown(whole))
    numbers = ({float(m) for m in about.months if re.fullmatch(r"[\d.]+", m)} - {0.0} for about in (whole, near))
    known = next(filter(None, numbers), None)
    if known is None:
        return
    own = " ".join(row.words for row in whole.rows)
    for said, months in words.times(text):
        worded = re.search(rf"(?<!\d){re.escape(said.split()[0].split('-')[0])}[- ]{said.split()[-1][:4]}", own)
        if months >= 1 and not worded and not any(abs(months - other) < 0.51 for other in known):
            shown = ", ".join(f"{month:g}" for month in sorted(known))
            yield Fault(said, f"its numbers are from months {shown}", _shown(whole))


def _times_beside(text: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """A number stands with its own time, where the sentence names that time and others."""
    named = [
        (m.start(), months)
        for m in words.TIME.finditer(_NUMBERED.sub(_hidden, text))
        for _, months in words.times(m[0])
    ]
    for key, at, about in keys:
        own = {float(month) for month in about.months if re.fullmatch(r"[\d.]+", month)}
        if len(own) != 1 or key.endswith(("_p", "_ci")):
            continue
        month = own.pop()
        before = [months for start, months in named if start < at]
        after = [months for start, months in named if start > at]
        beside = [*before[-1:], *after[:1]]
        if before and month not in beside and not any(abs(month - o) < 0.51 for o in beside):
            yield Fault(f"{{{key}}}", f"it is from month {month:g}", "Put it beside its own time.")


def _hidden(match: re.Match[str]) -> str:
    return "#" * len(match[0])


def _roles(text: str, whole: About) -> Iterator[Fault]:
    """What is called a primary or a secondary outcome is one."""
    roles = {role for row in whole.rows if (role := _role_of(row.row))}
    for match in _ROLE.finditer(text):
        said = (match[1] or match[2]).lower()
        if roles and not any(said in role for role in roles):
            yield Fault(match[0], f"the outcomes of its rows are {', '.join(sorted(roles))}", _shown(whole))


def _role_of(row: str) -> str:
    """The role of the outcome that a row reports; blank where data/outcomes.csv names no such row."""
    return _all_roles().get(row, "")


@cache
def _all_roles() -> dict[str, str]:
    outcomes = load().outcomes
    columns = ("contrast_id", "intervention_id", "comparator_id")
    return {str(row[column]): str(row["role"]) for _, row in outcomes.iterrows() for column in columns if row[column]}


def _arms(text: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """Compare the arm of each number with the phrase beside it, read after the numbers or before them."""
    own = [
        (key, at, about.arm)
        for key, at, about in keys
        if about.arm in ("intervention", "comparator")
        and not key.endswith(_NOT_AN_ARM)
        and not (key.endswith("_n") and any(row.outcome for row in about.rows))  # its size, from a row of arms, counts
    ]
    phrases = [(m.start(), "comparator") for m in words.COMPARATOR.finditer(text)]
    taken = [(m.start(), m.end()) for m in words.COMPARATOR.finditer(text)]
    for match in words.INTERVENTION.finditer(text):
        if not any(a <= match.start() < b or a < match.end() <= b for a, b in taken):
            phrases.append((match.end() - 1, "intervention"))
    phrases.sort()
    if not own:
        return
    if len(own) == len(phrases) == 2 and phrases[1][0] < own[0][1]:
        reading = [(key, arm, phrase) for (key, _, arm), (_, phrase) in zip(own, phrases, strict=True)]
    else:
        reading = max((_reading(text, own, phrases, after) for after in (True, False)), key=len)
    if not phrases:
        if re.search(r"\}[^{}]{0,40}\b(?:against|versus|vs)\b[^{}]{0,20}\{", text) and own[0][2] == "comparator":
            yield Fault(
                own[0][0], f"it belongs to the comparator, and {load().arm('intervention')} comes first", _exchange(own)
            )
        return
    for key, arm, phrase in reading:
        if arm != phrase:
            yield Fault(f"{{{key}}}", f"it is a number of the {arm}, and stands with the {phrase}", _exchange(own))


def _reading(
    text: str, own: Sequence[tuple[str, int, str]], phrases: Sequence[tuple[int, str]], after: bool
) -> list[tuple[str, str, str]]:
    """The numbers that have a phrase beside them: after them up to the next, or before them in their clause."""
    decided = []
    for i, (key, at, arm) in enumerate(own):
        low, high = at, own[i + 1][1] if i + 1 < len(own) else len(text)
        if not after:
            low, high = max(own[i - 1][1] if i else -1, *(text.rfind(mark, 0, at) for mark in ",;:")), at
        between = [phrase for place, phrase in phrases if low < place < high]
        if between:
            decided.append((key, arm, between[0] if after else between[-1]))
    return decided


def _intervals(text: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """An interval or P value in brackets, without words of its own, belongs to an estimate before it."""
    before: list[Key] = []
    for key, at, about in keys:
        plain = _NUMBERED.sub("", text[text.rfind("(", 0, at) + 1 : at])
        own = ")" in plain or re.search(r"[^\W\d_]{3}", plain)
        if not key.endswith(("_ci", "_p")):
            before.append((key, at, about))
        elif before and not own and not any(_of_one(about, other) for _, _, other in before):
            yield Fault(f"{{{key}}}", f"it is of other rows than {{{before[-1][0]}}} before it", _shown(about))


def _of_one(a: About, b: About) -> bool:
    """Whether two numbers are about one outcome of one trial, or of one source, at one time."""
    return bool({(r.trial, r.outcome, r.months) for r in a.rows} & {(r.trial, r.outcome, r.months) for r in b.rows})


def _beside(text: str, keys: Sequence[Key], trials: Sequence[str]) -> Iterator[Fault]:
    """A trial named in the brackets or the clause of a number is the trial of that number."""
    for key, at, about in keys:
        opened = text.rfind("(", 0, at)
        start = max(opened if ")" not in text[opened + 1 : at] else -1, *(text.rfind(mark, 0, at) for mark in ";:"))
        named = [name for name in trials if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w+-])", text[start + 1 : at])]
        own = " ".join(about.trials)
        listed = text[:at].endswith("and ")  # beside a trial, another
        if len(about.trials) == 1 and named and not listed and not any(name in own for name in named):
            yield Fault(named[-1], f"{{{key}}} is a number of {own}", _shown(about))


def _beside_keys(text: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """A number is not negated, its unit is that of its column, and a sentence that it is only hung on is about it."""
    for key, at, about in keys:
        if re.search(r"\bnot \($|\bnot $", text[:at]):
            yield Fault("not", f"{{{key}}} is what its cells say", "Say the number, or what it is not.")
        unit = re.match(
            r"[^}]*\} (?:of the |of |more |fewer )?(people|clinics|months|weeks|years|days|sites)\b", text[at:]
        )
        named = {"months"} if key.endswith("_months") else set()
        counted = named | {*about.kinds, *(row.outcome for row in about.rows), *_quantities(about)}
        for column, known in _UNITS.items() if unit else ():
            if column in counted and len(about.kinds) < 2 and unit[1] not in known:  # type: ignore[index]
                yield Fault(unit[1], f"{{{key}}} counts {known[0]}", _shown(about))  # type: ignore[index]
        if text[:at].endswith("aged ") and (upper := _UPPER.match(text[at:])):
            yield Fault(upper[0].partition("} ")[2], f"{{{key}}} is the least age", _shown(about))
    for match in _ODDS.finditer(text):
        of = next((about for _, at, about in keys if at == match.end() - 1), None)
        up = match["way"] in ("higher", "more", "greater", "earlier", "better", "sooner")
        value = of.rows[0].estimate if of and len(of.rows) == 1 else None
        if value is not None and value != 1 and up != (value > 1):
            yield Fault(match["way"], f"the ratio is {value:g}", "Turn the word, or name another number.")
    hung = re.fullmatch(r"[^{}]*\((?:[^{}()]*\{[^}]*\}[^{}()]*)+\)\.?", text)
    whole = About().joined(*(about for _, _, about in keys))
    if hung and not words.is_borne_out(text.partition("(")[0], whole.words, 0.4):
        unsaid = ", ".join(words.unsaid(text.partition("(")[0], whole.words))
        yield Fault(unsaid, "the number in brackets says none of it", _shown(whole))


def _quantities(about: About) -> set[str]:
    """What the rows of data/discrepancies.csv behind a number count."""
    book = load()
    return {str(book.row(row.row).get("quantity", "")) for row in about.rows if row.row in book}


def _exchange(own: Sequence[tuple[str, int, str]]) -> str:
    return f"Exchange the keys or the words: {', '.join(f'{key} is of the {arm}' for key, _, arm in own)}."


def _segments(text: str, keys: Sequence[Key], whole: About) -> Iterator[tuple[str, About]]:
    """The parts of a text between semicolons and full stops, each with what its own numbers, or the last, are about."""
    start, last = 0, whole
    for end in [*(match.end() for match in re.finditer(r"[;.](?=\s)", text)), len(text)]:
        own = [about for _, at, about in keys if start <= at < end]
        last = About().joined(*own) if own else last
        yield text[start:end], last
        start = end


def directions(text: str, whole: About) -> Iterator[Fault]:
    """Compare the words of direction of a part of a sentence with the sign and the benefit of its differences."""
    if not whole.direction or _OTHER.search(text):
        return
    changed = words.CHANGED.search(text)
    text = words.CHANGED.sub(lambda m: "more" if bool(m["up"]) == (m["size"].lower() == "more") else "less", text)
    more, fewer = words.MORE.search(text), words.FEWER.search(text)
    better, worse = words.BETTER.search(text), words.WORSE.search(text)
    if whole.favours and bool(better) != bool(worse):
        if (1 if better else -1) != whole.favours:
            side = load().arm("intervention") if whole.favours > 0 else "the comparator"
            yield Fault((better or worse)[0], f"the difference favours {side}", _shown(whole))  # type: ignore[index]
    elif bool(more) != bool(fewer) and (1 if more else -1) != whole.direction:
        size = "above" if whole.direction > 0 else "below"
        said = (changed or more or fewer)[0]  # type: ignore[index]
        yield Fault(said, f"the difference lies {size} no difference", _shown(whole))


def _stated(text: str, keys: Sequence[Key], whole: About) -> Iterator[Fault]:
    """Compare '{number} more' with the sign of its difference, and 'higher is better' with the direction of benefit."""
    for key, at, about in keys:
        match = re.match(r"[^}]*\} (?:points |days |dollars )?(more|fewer|less|higher|lower)\b", text[at:])
        said = 1 if match and match[1] in ("more", "higher") else -1
        if match and said == -about.direction and not key.endswith(("_p", "_ci")):
            size = "above" if about.direction > 0 else "below"
            yield Fault(match[1], f"the difference {{{key}}} lies {size} no difference", _shown(about))
    benefits = {row.benefit for row in whole.rows if row.benefit}
    for match in re.finditer(r"\b(higher|lower|more|fewer) is (better|worse)\b", text):
        better = "higher" if (match[1] in ("higher", "more")) == (match[2] == "better") else "lower"
        if len(benefits) == 1 and better not in benefits:
            yield Fault(match[0], f"in its rows {next(iter(benefits))} is better", _shown(whole))


def _significance(text: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """Compare a word of significance with the number that follows it, or with the last one before it."""
    if re.search(r"\} of \{", text):  # a count says of how many it holds
        return
    hidden = _NUMBERED.sub(lambda key: "#" * len(key[0]), text)
    for match in words.SIGNIFICANT.finditer(hidden):
        after = [about for _, at, about in keys if at > match.start()]
        before = [about for _, at, about in keys if at < match.start()]
        settled = {row.settled for row in (after[0] if after else before[-1]).rows} - {None}
        said = not match["no"]
        if len(settled) == 1 and said not in settled:
            within = "leaves out" if True in settled else "includes"
            yield Fault(match[0], f"the interval or P value {within} no difference", _shown((after or before)[0]))
