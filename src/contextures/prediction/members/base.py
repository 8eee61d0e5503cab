"""What a member is given, and the two things that it gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from threading import RLock
from typing import Any, ClassVar, TypeVar

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures._checks import seed_of
from contextures.contexts import Context
from contextures.contexts.montecarlo import with_expansion
from contextures.exceptions import unwritten

T = TypeVar("T")

MOST_LABELLED = 2000
"""Labelled rows that a kernel is fitted to; of more, a random part."""


class Problem:
    """Rows, and the labels of some of them, as members get them.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        All rows, each column with mean zero over them, and unit variance; on average where
        columns share a unit.
    labelled : ndarray of int of shape (k,)
        Which of them have labels.
    targets : ndarray of shape (k, q)
        Their targets: numbers, of mean zero and unit variance, or indicators of the classes.
    classes : bool
        Whether the targets are indicators.
    random_state : int, RandomState or None
        The seed of whatever draws.

    Attributes
    ----------
    core : ndarray of int
        Which of the labelled rows kernels are fitted to: all of them up to ``MOST_LABELLED``.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.prediction import MeanMember, Problem
    >>> rows, labelled = np.array([[-1.0], [0.0], [1.0], [0.0]]), np.array([0, 2, 3])
    >>> problem = Problem(rows, labelled, np.array([[1.0], [2.0], [6.0]]), classes=False)
    >>> MeanMember().fit(problem).left_out.ravel()
    array([4. , 3.5, 1.5])
    """

    def __init__(
        self,
        rows: FloatArray,
        labelled: IntArray,
        targets: FloatArray,
        *,
        classes: bool,
        random_state: Any = None,
    ) -> None:
        self.rows, self.labelled, self.targets, self.classes = rows, labelled, targets, classes
        self.seed = seed_of(random_state)
        order = np.random.default_rng(self.seed).permutation(len(labelled))
        self.core = np.sort(order[:MOST_LABELLED])
        self._shared: dict[Any, Any] = {}
        self._locks: defaultdict[Any, RLock] = defaultdict(RLock)

    def support(self, most: int) -> IntArray:
        """Choose the rows that a context is fitted to, the core's first and in its order.

        Parameters
        ----------
        most : int
            How many, if the core has no more.

        Returns
        -------
        ndarray of int
            Row numbers.
        """
        first = self.labelled[self.core]
        others = np.setdiff1d(np.arange(len(self.rows)), first)
        room = max(0, most - len(first))
        if len(others) > room:
            chosen = np.random.default_rng(self.seed).choice(others, room, replace=False)
            others = np.sort(chosen)
        return np.concatenate([first, others])

    def fitted_context(self, context: Context, support: IntArray) -> Context:
        """Fit a context to some rows, once however many members ask for it.

        Parameters
        ----------
        context : Context
            The context.
        support : ndarray of int of shape (m,)
            Which rows.

        Returns
        -------
        Context
            Its fitted clone.
        """
        # The context is kept beside its fit, so that no other one gets its id.
        _, found = self.shared(
            ("context", id(context), len(support)),
            lambda: (context, with_expansion(context.seeded(self.seed), self.rows[support])),
        )
        return found

    def shared(self, key: Any, make: Callable[[], T]) -> T:
        """Give what several members need, made when the first of them asks; others wait for it.

        Parameters
        ----------
        key : hashable
            What it is.
        make : callable
            Makes it.

        Returns
        -------
        object
            The same for the same key.
        """
        with self._locks[key]:
            if key not in self._shared:
                self._shared[key] = make()
            found: T = self._shared[key]
        return found


class FittedMember:
    """A member that has learned.

    Attributes
    ----------
    left_out : ndarray of shape (k, q)
        Predictions of its labelled rows, none of which saw the row's own label.
    in_blocks : bool
        Whether many rows may be asked for in blocks, by several threads at once; False unless a
        subclass says so.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.prediction import FittedMember
    >>> class Half(FittedMember):
    ...     def values(self, rows):
    ...         return rows[:, :1] / 2
    >>> Half().values(np.array([[3.0, 1.0]]))
    array([[1.5]])
    """

    left_out: FloatArray
    in_blocks: ClassVar[bool] = False

    def values(self, rows: FloatArray) -> FloatArray:
        """Predict rows.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Rows in the columns of :class:`Problem`.

        Returns
        -------
        ndarray of shape (n, q)
            The predictions.
        """
        raise unwritten(self, "values")


class Member:
    """A way to learn from rows and the labels of some of them; the pool weighs several.

    A member of one's own is a subclass with ``fit``.

    Attributes
    ----------
    name : str
        Its name on the leaderboard.
    prior : float
        The weight that it has before labels are looked at, beside the others'; members that do
        harm where they do not fit get less.
    few : float
        The same where there are too few labels of each class to choose by; members of zero have
        no part then, unless all are.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import ContextureRegressor
    >>> from contextures.prediction import FittedMember, Member
    >>> class FirstColumn(Member):
    ...     name, prior = "first column", 1.0
    ...
    ...     def fit(self, problem):
    ...         found = Same()  # it learns nothing, so no prediction has seen a label
    ...         found.left_out = found.values(problem.rows[problem.labelled])
    ...         return found
    >>> class Same(FittedMember):
    ...     def values(self, rows):
    ...         return rows[:, :1]
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.where(np.arange(200) < 30, X[:, 0], np.nan)
    >>> ContextureRegressor(members=[FirstColumn()]).fit(X, y).leaderboard_["member"].tolist()
    ['first column', 'mean']
    """

    name: str
    prior: float = 1.0
    few: float = 0.0

    def prior_among(self, n_classes: int) -> float:
        """Give the prior weight where few labels tell classes apart.

        Parameters
        ----------
        n_classes : int
            How many classes have a label; 0 for numbers, and where labels are many.

        Returns
        -------
        float
            ``prior``, unless the member says otherwise.
        """
        del n_classes
        return self.prior

    def fit(self, problem: Problem) -> FittedMember:
        """Learn.

        Parameters
        ----------
        problem : Problem
            The rows and labels.

        Returns
        -------
        FittedMember
            Predictions that never saw the row's own label, and of any rows.
        """
        raise unwritten(self, "fit")
