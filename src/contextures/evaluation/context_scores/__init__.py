"""Scores of contexts without labels: usefulness, association, pseudo-tasks."""
