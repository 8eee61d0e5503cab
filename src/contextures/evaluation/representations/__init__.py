"""Representations compared with one another and with tasks: alignment, ranks, probes."""
