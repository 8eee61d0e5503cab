"""Losses whose minimisers are a contexture (needs torch)."""
