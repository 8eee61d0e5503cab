"""Contexts made of contexts: combinations, concatenations, convolutions and round trips."""
