"""The result of decomposing a context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._plots import axes_or_new
from contextures._repr import html_table, short_repr
from contextures.contexts import Context
from contextures.spectrum.reached import Formed, first

SHOWN = 6
"""How many singular values a notebook shows."""

ONE = 1.0 - 1e-9
"""Singular values from here on count as one: the context splits into that many parts."""


@dataclass(frozen=True)
class Spectrum:
    """Top singular values and functions of an expectation operator, the constant left out.

    Attributes
    ----------
    singular_values : ndarray of shape (d,)
        s_1 >= s_2 >= ..., in [0, 1]; the trivial s_0 = 1 is not among them.
    left : ndarray of shape (n, d)
        mu_i on the fitted rows: mean zero, orthonormal under ``input_weights``.
    right : ndarray of shape (m, d)
        For a transition, nu_i on the support: mean zero, orthonormal under ``context_weights``
        (zero where P_A is zero). For a kernel, coefficients over its features. Either way
        mu_i(x) = expand(x) @ right[:, i] / s_i.
    input_weights : ndarray of shape (n,)
        P_X.
    context_weights : ndarray of shape (m,) or None
        P_A; None for a context given by its kernel.
    solver : str
        The solver that was used.
    counted_values : ndarray of shape (d,) or None
        For a transition counted from draws, the singular values of the counts, which
        ``singular_values`` corrects; the s_i of mu_i(x) = expand(x) @ right[:, i] / s_i.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Lemmas 3 and 4.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import KNNContext
    >>> from contextures.spectrum import decompose
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> spectrum = decompose(KNNContext(20), X, n_components=3)
    >>> spectrum.left.shape, spectrum.right.shape
    ((200, 3), (200, 3))
    >>> bool(np.allclose(spectrum.left.T @ spectrum.left / 200, np.eye(3)))
    True
    """

    __repr__ = short_repr

    singular_values: FloatArray
    left: FloatArray
    right: FloatArray
    input_weights: FloatArray
    context_weights: FloatArray | None
    solver: str
    counted_values: FloatArray | None = None

    def truncated(self, n_components: int) -> Spectrum:
        """Give the first ``n_components`` singular functions.

        Parameters
        ----------
        n_components : int
            How many to keep.

        Returns
        -------
        Spectrum
            With the first of each.
        """
        return replace(
            self,
            singular_values=self.singular_values[:n_components],
            left=self.left[:, :n_components],
            right=first(self.__dict__["right"], n_components),
            counted_values=None
            if self.counted_values is None
            else self.counted_values[:n_components],
        )

    @property
    def n_components(self) -> int:
        """The number of singular functions."""
        return len(self.singular_values)

    @property
    def n_parts(self) -> int:
        """The number of unconnected parts: one more than the singular values equal to one.

        A bipartite graph counts as two (its walk alternates between the sides).
        """
        return 1 + int(np.count_nonzero(self.singular_values >= ONE))

    @property
    def coefficients(self) -> FloatArray:
        """What turns ``expand(x)`` into mu(x): ``right / s``, of shape (m, d)."""
        return np.asarray(self.right / self._divisors)

    @property
    def extension(self) -> Any:
        """The same as ``coefficients``, for products with it: not formed where it is large."""
        return self.__dict__["right"] / self._divisors

    @property
    def _divisors(self) -> FloatArray:
        return self.singular_values if self.counted_values is None else self.counted_values

    def offset(self, context: Context) -> FloatArray:
        """Give what centring takes away from ``expand(x) @ coefficients``.

        Parameters
        ----------
        context : Context
            The fitted context that this is the spectrum of.

        Returns
        -------
        ndarray of shape (d,)
            The mean of the fitted rows' entries under P_X, projected: zeros but for rounding where
            the constant is one of the singular functions, as for a transition.
        """
        return np.asarray(context.describe().mean(self.input_weights) @ self.extension)

    def plot(self, ax: Any = None) -> Any:
        """Draw the singular values, largest first.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; on a new figure when None.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with s_i over i = 1, ..., d.

        Raises
        ------
        MissingLibraryError
            If there are no axes and matplotlib is not installed.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> import numpy as np
        >>> from contextures.contexts import KNNContext
        >>> from contextures.spectrum import decompose
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> decompose(KNNContext(20), X, n_components=3).plot().get_ylabel()
        'singular value'
        """
        ax = axes_or_new(ax, "Spectrum.plot")
        places = np.arange(1, self.n_components + 1)
        ax.plot(places, self.singular_values, marker="o", markersize=3)
        ax.set(xlabel="singular function", ylabel="singular value", ylim=(0.0, 1.05))
        if ax.get_xscale() == "linear":
            ax.xaxis.get_major_locator().set_params(integer=True)
        return ax

    def _repr_html_(self) -> str:
        values = [f"{value:.3g}" for value in self.singular_values[:SHOWN]]
        facts = {
            "singular values": ", ".join(values + ["..."] * (self.n_components > SHOWN)),
            "functions": f"{self.n_components:,} on {len(self.left):,} rows",
            "solver": self.solver,
        }
        if self.context_weights is not None:
            facts["contexts"] = f"{len(self.context_weights):,}"
        if self.n_parts > 1:
            facts["unconnected parts"] = f"{self.n_parts:,}"
        return html_table({"Spectrum": "of an expectation operator"} | facts)


# Here, because a field that is given a value in the class would have that as its default.
Spectrum.right = Formed("right")  # type: ignore[assignment]
