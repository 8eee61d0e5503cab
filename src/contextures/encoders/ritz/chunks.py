"""An encoder in closed form that learns from chunks of rows, and from other encoders' sums."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.metaestimators import available_if

from contextures._arrays import device_of
from contextures._checks import brief, check_positive_int
from contextures.contexts import Context
from contextures.contexts.algebra.layout import Piece, pieces_of
from contextures.encoders.base import Encoder
from contextures.encoders.ritz.alike import alike
from contextures.encoders.ritz.basis_choice import Wanted
from contextures.encoders.ritz.learner import Learner, Solved
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.ritz.streamed import Fixed, Streamed
from contextures.exceptions import InputError

ALIKE = ("context", "basis", "context_basis", "n_functions", "ridge", "n_views", "precision")
"""Parameters on which the sums depend."""


def _streamed(encoder: Any, name: str) -> Streamed:
    """Give what an encoder learned by partial_fit, or say that it did not."""
    learner = encoder.__dict__.get("_learner") if isinstance(encoder, ChunkLearner) else None
    if not isinstance(learner, Streamed):
        raise InputError(
            f"{name} has no sums to merge; give RitzEncoders that learned by partial_fit"
        )
    return learner


def _streams(encoder: Encoder) -> bool:
    context = encoder.context
    if isinstance(context, Context) and (context.form == "sampler" or context.observed):
        return True
    raise AttributeError(
        f"partial_fit needs a context that is drawn or observed row by row, and {context!r} is "
        "defined by the whole sample; call fit"
    )


class ChunkLearner(Encoder):
    """The part of :class:`contextures.encoders.RitzEncoder` that learns from chunks of rows."""

    basis: Any
    context_basis: Any
    n_functions: int
    ridge: Any
    n_views: Any
    precision: str
    n_jobs: int | None
    basis_: Any
    context_basis_: Any
    _learner: Learner | Streamed
    _settings: Settings
    _solved: Solved

    @available_if(_streams)
    def fit_bases(self, X: Any, y: Any = None, *, bases: tuple[Any, Any] | None = None) -> Self:
        """Fit the context and choose the bases, from a sample of the rows that are to be learned.

        The sample is learned nothing else from, so its rows are given to ``partial_fit`` as well.
        Copies of the encoder (``copy.deepcopy``, or as sent to another process) then learn from
        rows of their own, and ``merge`` adds up what they learned.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The sample, of well over D rows.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them.
        bases : tuple of two transformers, optional
            ``basis_`` and ``context_basis_`` of an encoder that learned from the sample: they are
            then taken as they are, and the sample only fits the context.

        Returns
        -------
        Self
            The encoder, which has learned from no rows yet.

        Examples
        --------
        >>> import numpy as np
        >>> from contextures.contexts import NoiseContext
        >>> from contextures.encoders import RitzEncoder
        >>> X = np.random.default_rng(0).standard_normal((4000, 2))
        >>> few = RitzEncoder(NoiseContext(0.75), 2, basis="polynomial").fit(X[:1000])
        >>> bases = (few.basis_, few.context_basis_)
        >>> more = RitzEncoder(NoiseContext(0.75), 2).fit_bases(X[:1000], bases=bases)
        >>> more.partial_fit(X).singular_values_.round(1)
        array([0.8, 0.8])
        """
        settings = Settings.of(self)
        inputs = self._fit_context(X, y)
        if bases is None:
            wanted = self._wanted(settings, 0, pieces_of(self.context_, inputs), device_of(X))
            fixed = Fixed.of(settings, wanted, self.context_, inputs, y)
        else:
            fixed = Fixed.with_bases(settings, bases, self.context_)
        self._learner = Streamed.begin(fixed)
        self._settings = settings
        self._keep_bases()
        return self

    @available_if(_streams)
    def partial_fit(self, X: Any, y: Any = None, *, start: int | None = None) -> Self:
        """Learn from a chunk of rows, for contexts that are drawn or observed row by row.

        Unless ``fit_bases`` was called before, the first chunk fits the context and the bases, so
        it must be like the others and hold well over D rows. The functions are found when they
        are next asked for. One row in four is held out to choose by, up to 10,000. What is drawn
        for a row and whether it is held out depend on its number among all rows, so that chunks
        and workers may part the rows in any way. Here "auto" stands for one view and double
        precision. ``fit`` keeps no sums, so that the first call after it begins anew.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them.
        start : int, optional
            The number of the first row among all rows of all workers, from zero; the one after
            the last of this encoder's when None.

        Returns
        -------
        Self
            The encoder.

        Raises
        ------
        InputError
            If some of the rows were learned from before.
        """
        streamed = self.__dict__.get("_learner")
        if streamed is None:
            streamed = self.fit_bases(X, y)._learner
        self._settings = Settings.of(self)
        if start is None:
            start = streamed.sums.end
        elif start != 0:
            start = check_positive_int(start, "start")
        streamed.sums.take_in(streamed.fixed, self._rows(X), y, start)
        self.__dict__.pop("_solved", None)
        return self

    @available_if(_streams)
    def merge(self, other: ChunkLearner) -> Self:
        """Take in what another encoder learned by ``partial_fit``, exactly, in place.

        Both must have the same bases: be copies of one encoder after ``fit_bases``, or fitted to
        the same sample with the same parameters. The order in which encoders are merged, and how
        the rows were parted, change rounding only.

        Parameters
        ----------
        other : RitzEncoder
            The other one, which stays as it is.

        Returns
        -------
        Self
            This encoder, which has learned from the rows of both.

        Raises
        ------
        InputError
            If a parameter, a basis or the context is another, or both learned from a same row.

        Examples
        --------
        >>> from copy import deepcopy
        >>> import numpy as np
        >>> from contextures.contexts import NoiseContext
        >>> from contextures.encoders import RitzEncoder
        >>> X = np.random.default_rng(0).standard_normal((4000, 2))
        >>> one = RitzEncoder(NoiseContext(0.75), 2, basis="polynomial").fit_bases(X[:1000])
        >>> other = deepcopy(one).partial_fit(X[1000:], start=1000)
        >>> merged = one.partial_fit(X[:1000]).merge(other)
        >>> merged.singular_values_.round(1)
        array([0.8, 0.8])
        """
        mine, theirs = _streamed(self, "this encoder"), _streamed(other, "other")
        for name in ALIKE:
            here, there = getattr(self, name), getattr(other, name)
            if not alike(here, there):
                raise InputError(
                    f"other has another {name} ({brief(there)} in place of {brief(here)}); merge "
                    "copies of one encoder, made after its fit_bases"
                )
        if mine.fixed.settings.seed != theirs.fixed.settings.seed:
            raise InputError(
                "other has another random_state; merge copies of one encoder, made after its "
                "fit_bases"
            )
        for name in ("basis", "context_basis", "context"):
            if not alike(getattr(self, f"{name}_"), getattr(other, f"{name}_")):
                raise InputError(
                    f"the {name} of other was fitted to other rows; merge copies of one encoder, "
                    "made after its fit_bases"
                )
        mine.sums.merge(mine.fixed, theirs.sums)
        self.__dict__.pop("_solved", None)
        return self

    def _keep_bases(self) -> None:
        bases = self._learner.bases
        self.basis_, self.context_basis_ = bases.basis, bases.context_basis

    def _wanted(
        self, settings: Settings, n_pairs: int, pieces: tuple[Piece, ...], device: str | None
    ) -> Wanted:
        return Wanted(
            self.basis,
            self.context_basis,
            settings.n_functions,
            self.context_.same_space,
            self._named,
            settings.seed,
            np.float64 if device else settings.dtype(n_pairs),
            pieces,
            device,
        )
