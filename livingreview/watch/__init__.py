"""Surveillance: what services know that the review does not. It reads the evidence and changes none of it."""
