"""Tools for contributors: the issue forms, and the merge of conflicting changes."""
