"""What a chapter computes from, and where its outputs go.

A kernel has a session without opening one: it computes from the data package, draws, and shows what is published.
Other ways of running a chapter open their own session around its statements.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from livingreview.evidence import Evidence

#: The states of a conclusion.
HOLDS, FAILS = "holds", "does not hold"


def display(data: dict[str, str], metadata: dict[str, Any]) -> None:
    """Show an output in the cell that is running."""
    from IPython import display as shell

    shell.display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Concluded:
    """A conclusion, or a line of a summary of findings, on the evidence of a session.

    Attributes
    ----------
    text : str
        Its sentence, or the outcome of the line.
    rows : tuple of str
        Ids of the rows that it rests on.
    state : str
        Whether it holds; of a line, what it says of the difference.
    shape : str
        What kind of statement it is: 'difference', 'equality', 'words', 'gap', 'count' or 'line'.
    compared : str
        The values that it compares, as text.
    """

    text: str
    rows: tuple[str, ...]
    state: str
    shape: str
    compared: str


@dataclass
class Session:
    """One run of a chapter; within ``with session:`` it is the current one.

    Attributes
    ----------
    evidence : Evidence or None
        What `evidence.load` gives to the chapter; the data package if there is none.
    output : callable
        Receives each published output: its data by format, and its metadata.
    drawing : bool
        Whether figures are drawn. Otherwise their arguments are shown, of which they are pure functions.
    asserting : bool
        Whether a conclusion must hold and rest on rows that exist; otherwise it is published whether it holds or not.
    tracing : bool
        Whether a published number says where it comes from, and a conclusion what its rows are about.
    used : list of str
        Rows that the chapter has used so far, each as often as it was used.
    concluded : list of Concluded
        What the chapter has concluded so far, in its order.
    """

    evidence: Evidence | None = None
    output: Callable[[dict[str, str], dict[str, Any]], object] = display
    drawing: bool = True
    asserting: bool = True
    tracing: bool = True
    used: list[str] = field(default_factory=list)
    concluded: list[Concluded] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._leave = ExitStack()
        token = _current.set(self)
        self._leave.callback(_current.reset, token)
        if self.evidence is not None:
            from livingreview.evidence import using  # here, since figures alone must not load pandas

            self._leave.enter_context(using(self.evidence))
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.close()


_current: ContextVar[Session] = ContextVar("session", default=Session())  # noqa: B039 (that of the kernel, one a process)


def current() -> Session:
    """The session of the chapter that is running."""
    return _current.get()
