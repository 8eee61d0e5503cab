"""How far do a few labels go: on clusters, on tables, with more rows, on a graph, and at what cost?

``python -m benchmarks.few_labels --data DIR [--part clusters] [--quick]``; see
``benchmarks/README.md``.
"""
