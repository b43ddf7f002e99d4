"""Surveillance: what services know and the review does not. It reads the evidence and never changes it."""
