"""How a person is asked what a sentence rests on, one answer a line."""

from __future__ import annotations

from collections.abc import Sequence

from livingreview.audit.sentences.register import BASES, Basis, changed
from livingreview.audit.sentences.texts import Sentence

_HELP = "\n".join(f"  {name}: {meaning}" for name, meaning in BASES.items())
_PROMPT = "Enter to confirm it so; or another basis with what it rests on, '! reason' to except it, '-' to leave it: "
_TYPED = f"Type what it rests on, one of:\n{_HELP}\n'! reason' after it excepts it; '-' or Enter leaves it: "


def ask(sentence: Sentence, old: Basis | None, proposed: Basis, wrong: Sequence[str]) -> Basis | None:
    """Show a sentence with the words that changed, and take its basis.

    What prose without a number or a conclusion rests on is a judgment: whoever confirms it types the basis.

    Parameters
    ----------
    sentence : Sentence
        The sentence as it stands.
    old : Basis or None
        The line of the register that it had, or was edited from.
    proposed : Basis
        What it most likely rests on.
    wrong : sequence of str
        What does not fit the data or its basis.

    Returns
    -------
    Basis or None
        Its line; None where the answer leaves it, or no answer is left.
    """
    print(f"\n{sentence.place}\n  {sentence.text}")
    if old and old.sentence != sentence.text:
        print(f"  was: {old.sentence}\n  changed: {changed(old.sentence, sentence.text)}")
    for fault in wrong:
        print(f"  does not fit: {fault}")
    typed = sentence.kind == "prose" and proposed.basis not in ("numbers", "conclusion")
    if not typed:
        print(f"  rests on: {proposed.basis} {proposed.on}".rstrip())
    while True:
        try:
            answer = input(_TYPED if typed else _PROMPT).strip()
        except EOFError:
            return None
        if answer == "-":
            return None
        said, _, reason = (part.strip() for part in answer.partition("!"))
        basis, _, on = said.partition(" ")
        if not basis and typed:
            print("  left unconfirmed: no basis was typed.")
            return None
        if not basis:
            return Basis(sentence.page, sentence.text, proposed.basis, proposed.on, reason)
        if basis in BASES:
            return Basis(sentence.page, sentence.text, basis, on.strip() or _kept(basis, proposed), reason)
        print(f"A basis is one of these, found '{basis}':\n{_HELP}")


def _kept(basis: str, proposed: Basis) -> str:
    return proposed.on if basis == proposed.basis else ""
