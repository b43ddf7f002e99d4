"""Whether what is published is what the data say: numerals of the built pages, and proof by mutation."""
