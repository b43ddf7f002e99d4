"""Effects, rounding, numbers as text, and the findings of trials: pure functions of their arguments."""
