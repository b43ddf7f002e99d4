"""What chapters call: published numbers, evidence tables, tables across trials, the calculator, figures."""
