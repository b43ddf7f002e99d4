"""The chapters as files: their rules, their fingerprints, and their stored outputs, which are the publication.

`files` reads a notebook, `outputs` what it stores, `fingerprints` whether that is current; `prose` and `linting` check
what is written. `worker` runs chapters as kernels do, for `refreshing`, which stores outputs, and `verifying`, which
compares them; `running` runs their statements on other evidence.
"""
