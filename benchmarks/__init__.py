"""What this book costs, measured; `table` keeps what was measured, `growth` how it grows with its evidence."""
