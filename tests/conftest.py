"""What tests of several floors share."""

from __future__ import annotations

import os
from importlib.util import find_spec

# One BLAS thread: with several test processes more only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# These collect networks among all else.
collect_ignore = [] if find_spec("torch") else ["test_mutations.py", "test_repr.py"]
