"""Proof by mutation: data and stored notebooks are changed in one place at a time, and each change must be caught.

`mutants` makes the changes; `recording` and `reaching` show what chapters read and make of changed data; `guards`
says what catches a change; `proof` runs it all; `tally` keeps what was found, and shows it on a page of the book.
"""
