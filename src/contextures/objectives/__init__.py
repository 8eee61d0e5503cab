"""Losses whose minimisers are a contexture (needs torch).

Every objective is a small ``torch.nn.Module`` that turns a batch of embeddings into a scalar. Its
class says what a training loop must feed it:

- ``inputs``, the arguments of ``forward``. Row i of every argument belongs to the same draw.

  =============  =============================================================================
  ``"pair"``     ``forward(phi, psi)``: phi(x) and psi(a) for draws (x, a) from P+, by an encoder
                 on X and another on A.
  ``"views"``    ``forward(view_1, view_2)``: one encoder's values on two draws that share their
                 source: two draws a, a+ of one x (the encoder is on A), or two inputs x, x+ that
                 share one a (the encoder is on X, and X and A change places in its docstring).
  ``"kernel"``   ``forward(phi, features, context_weights=None)``: phi(x) and a description of the
                 dual kernel on the same rows: rows z(x) with k = 1 + z . z', or, with
                 ``context_weights`` = P_A, rows of the transition P+(. | x), dense or sparse CSR.
  ``"targets"``  ``forward(embedding, target)``: the embedding and what is to be predicted from it
                 by a linear head, which the loss solves for.
  =============  =============================================================================

- ``encoder_on``: "X" or "A", the space of the (first) encoder; with ``inputs = "pair"`` the second
  encoder is on A. An encoder psi on A gives one on X by averaging, phi = T psi.
- ``operator``: the operator whose top eigenspace the minimiser spans.
- ``ordered``: whether its coordinates are singular functions in order, not only a basis of their
  span (a Rayleigh-Ritz step then orders them).

What else a training loop asks is an attribute of :class:`Objective`, with a default. A loss of your
own is a subclass that declares ``inputs`` and ``encoder_on`` and writes ``forward``, or a function
in a :class:`FunctionObjective`.

No objective keeps parameters of its own, and none needs normalised embeddings. Losses are computed
in float32 at least, also under autocast. The functions behind the modules are in
:mod:`contextures.objectives.functional`.
"""

from __future__ import annotations

from contextures._lazy import lazy, listed

_HOME = listed(__file__)

__all__ = sorted(_HOME)

__getattr__, __dir__ = lazy(__name__, _HOME)
