"""A living review: evidence bound to text, and the checks that keep it so."""
