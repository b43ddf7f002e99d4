"""What this book costs: beside the stock theme (`python -m benchmarks`), and as it grows (`benchmarks.growth`)."""
