"""What this book costs a reader and a contributor, beside what they would use instead: ``make bench``.

`chapters` makes copies that every tool can read, `peers` builds and runs them, `browser` reads what was built, `table`
keeps what was measured. Everything runs in one go on one machine, so that the ratios compare like with like.
"""
