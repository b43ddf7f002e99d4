"""What this book costs, measured: beside other tools (`python -m benchmarks`), and as it grows (`growth`)."""
