"""What a context says about itself before it is fitted."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from contextures._arrays import Matrix
from contextures.contexts.registry import ShortForm

Form = Literal["transition", "kernel", "sampler", "data"]


class Declared:
    """What is true of a context by its class and parameters alone.

    Whoever asks a context what it can do asks one of these, never for its class: so a context
    that is defined elsewhere works wherever the library's own do.
    """

    get_params: Any
    set_params: Any
    """Those of scikit-learn's estimators."""

    form: Form = "transition"
    inductive: bool = True
    needs_y: bool = False
    observed: bool = False

    sees_labels: bool = False
    """Whether what it says of rows is learned from labels, which it then knows best of the fitted
    rows: these are to be described out of fold."""

    same_space: bool = False
    """Whether A lies in the space of X, so that one encoder can serve both."""

    takes: Literal["array", "index", "any"] = "array"
    """What X is: rows of numbers, indices of rows or nodes, or values of any kind."""

    on_rows: ClassVar[bool] = False
    """Whether A is one of the fitted rows, so that a fitted row can be its own context."""

    row_by_row: ClassVar[bool] = True
    """Whether a row's description is the same whichever rows it is asked for with."""

    counted: ClassVar[bool] = False
    """Whether the transition was counted from draws, which enlarges singular values."""

    mend_excess: str = ""
    """What to do about singular values that counting leaves uncertain."""

    tells_hidden: bool = False
    """Whether draws are rows of X followed by as many indicators of what is hidden in them."""

    kind: str = ""
    """What kind of context it is, in plain words; the name of the class when empty."""

    meaning: str = ""
    """When two inputs are alike by this context, in a sentence for those who know no formula."""

    law: str = ""
    """The law of A given x, as a formula in one line."""

    short: ClassVar[ShortForm | None] = None
    """How it is written in short."""

    mend_parts: ClassVar[str] = ""
    """What to do about several singular values of one, where one piece is expected."""

    saved: ClassVar[tuple[str, ...] | None] = None
    """Fitted attributes that new rows need: what is written to disk. When None, all whose name
    ends in an underscore."""

    @property
    def tells_labels(self) -> bool:
        """Whether the description of a fitted row has seen that row's own label."""
        parameters = self.get_params(deep=False)
        return self.sees_labels and parameters.get("cross_fit") is None

    @property
    def label(self) -> str:
        """The context in plain words."""
        return repr(self)

    @property
    def graph(self) -> Matrix | None:
        """The weights of edges (n, n), where X and A are the nodes of one graph."""
        return None

    @property
    def added_tokens(self) -> tuple[int, ...]:
        """Tokens that A may hold and X does not."""
        return ()

    @property
    def n_averaged(self) -> int:
        """How many contexts are computed and averaged: what a fit costs beside a plain one."""
        return 1

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for, which takes long among many rows."""
        return 0

    def density(self, n: int) -> float:
        """Say how many entries describe a row of this context, fitted to ``n`` rows.

        Parameters
        ----------
        n : int
            How many rows it would be fitted to.

        Returns
        -------
        float
            Entries that are not zero: at most one for each point of the support. All n unless the
            class knows better.
        """
        return float(n)

    def check_parts(self) -> None:
        """Refuse contexts that this one cannot be made of, whatever the rows.

        Raises
        ------
        InputError
            If a parameter that is a context does not suit.
        """

    def check_fit(self, X: Any, y: Any = None) -> None:
        """Refuse at little cost what ``fit`` would refuse, before any long work.

        Parameters
        ----------
        X, y
            As for ``fit``.

        Raises
        ------
        InputError
            If the context cannot be fitted to these rows.
        """

    def family(self) -> tuple[Any, ...]:
        """Say which contexts share work with this one when fitted together by ``fit_family``.

        Returns
        -------
        tuple
            Equal for contexts of one family.
        """
        return (type(self), id(self))

    def subsampled(self, share: float) -> Any:
        """Give the context that has the same association on a random ``share`` of the rows.

        Parameters
        ----------
        share : float
            The share of the rows, above 0 and at most 1.

        Returns
        -------
        Context
            An unfitted context: the same one, over parts that are subsampled likewise.
        """
        same = clone(self)
        parts = self.parts()
        return same.set_params(**{k: part.subsampled(share) for k, part in parts.items()})

    def exact_share(self, share: float, n: int) -> float:
        """Say at which share of ``n`` rows, near to one, :meth:`subsampled` changes nothing.

        Parameters
        ----------
        share : float
            The share wanted, above 0 and at most 1.
        n : int
            How many rows there are.

        Returns
        -------
        float
            The nearest share below, at which whole numbers stay whole.
        """
        shares: list[float] = [part.exact_share(share, n) for part in self.parts().values()]
        return min([share, *shares])

    def seeded(self, random_state: Any) -> Any:
        """Give the context with a seed wherever it, or a part of it, has none of its own.

        Parameters
        ----------
        random_state : int, RandomState or None
            The seed; None changes nothing.

        Returns
        -------
        Context
            An unfitted context.
        """
        same = clone(self)
        if random_state is None:
            return same
        seed = random_state
        if not isinstance(seed, int | np.integer):
            seed = int(check_random_state(random_state).randint(2**31 - 1))
        given = {k: part.seeded(seed) for k, part in self.parts().items()}
        if self.get_params(deep=False).get("random_state", seed) is None:
            given["random_state"] = int(seed)
        return same.set_params(**given)

    def parts(self) -> dict[str, Any]:
        """Give the parameters that are contexts themselves.

        Returns
        -------
        dict of str to Context
            By the parameter's name.
        """
        parameters = self.get_params(deep=False)
        return {name: value for name, value in parameters.items() if isinstance(value, Declared)}
