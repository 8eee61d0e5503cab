"""Worked examples: each a question, a command, numbers and a figure."""
