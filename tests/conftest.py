"""What tests of several floors share."""

from __future__ import annotations

import os

# One BLAS thread: with several test processes more only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
