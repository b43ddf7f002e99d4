"""The chapters as files: their rules, their fingerprints, and their stored outputs, which are what is published.

`files` reads notebooks, `outputs` what they store, `fingerprints` whether that is current; `prose` and `linting` check
what is written. `worker` runs chapters as kernels do, for `refreshing`, which stores outputs, and `verifying`, which
compares them; `running` runs single statements on other evidence.
"""
