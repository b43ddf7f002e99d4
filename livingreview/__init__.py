"""Collaborative care: a living review. Evidence bound to text, and the checks that keep it so."""
