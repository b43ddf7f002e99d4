"""The site: what Jupyter Book needs to turn chapters into pages that are quick, calm and checked."""
