"""Effects, rounding, numbers as text, and what the trials came to: pure functions of what they are called with."""
