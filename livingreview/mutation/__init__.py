"""Proof by mutation: data and stored notebooks are changed in one place at a time, and each change must be caught.

`mutants` makes the changes; `recording` and `running` show what chapters read and make of changed data; `guards`
says what catches a change; `proof` runs it all, and keeps the table that a page of the book is made from.
"""

from livingreview.mutation.guards import MutationError
from livingreview.mutation.proof import Table, main_text, run, stored

__all__ = ["MutationError", "Table", "main_text", "run", "stored"]
