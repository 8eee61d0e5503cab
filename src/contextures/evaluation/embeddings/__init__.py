"""Embeddings of the same rows beside each other, without labels."""
