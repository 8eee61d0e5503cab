"""Measurements of speed, memory, accuracy and usefulness; see README.md."""
