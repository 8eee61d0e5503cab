"""The encoder whose coordinates a neural network learns."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.encoders.base import Encoder
from contextures.encoders.neural.embedding import Map
from contextures.encoders.neural.fabric import limited_threads, run
from contextures.encoders.neural.parameters import Settings
from contextures.encoders.neural.problem import Problem, Wanted
from contextures.encoders.neural.progress import check_loggers
from contextures.encoders.neural.ritz_step import finished, warn_of_collapse
from contextures.encoders.neural.tensors import Codes, as_tensor, codes_of, far_offsets
from contextures.spectrum.ritz import RitzFunctions


class NeuralEncoder(Encoder):
    """Embed rows by a neural network that learns the contexture of a context.

    The network is trained by an objective whose minimiser spans the top singular functions, wider
    than what is kept of it; a Rayleigh-Ritz step on its outputs then gives ordered coordinates,
    centred, uncorrelated and of unit variance on the training rows. Some rows are held out, and
    the network is judged by its ratio trace on them; the last weights within half a percent of the
    best score are kept, and trained on for a quarter of their steps with all rows.

    Parameters
    ----------
    context : Context, optional
        The context, in any form; ``KNNContext()`` when None. A clone of it is fitted.
    n_components : int, default=10
        d, the number of coordinates.
    objective : str or Objective, default="ratio_trace"
        A name of :func:`contextures.objectives.objective_names`, or a loss: an
        :class:`~contextures.objectives.Objective`, also of your own, or a function in a
        :class:`~contextures.objectives.FunctionObjective`. "ratio_trace" uses the context's
        transition or kernel where it has one, and pairs elsewhere.
    objective_options : dict, optional
        Parameters of an objective that is given by name.
    risk : callable, optional
        Of the rows' losses, in place of their mean, where rows have losses of their own: see
        :class:`~contextures.objectives.UnderRisk`.
    network : str, torch.nn.Module or callable, default="mlp"
        "mlp" (a table where X is indices or names), "categorical", "conv", "transformer" or
        "graph"; see :mod:`contextures.encoders.neural.networks`. A module is copied; a callable
        makes one from a sample of rows and the number of outputs.
    network_options : dict, optional
        Parameters of a network that is given by name, such as ``width``, ``depth``,
        ``image_shape``, ``columns`` or ``features``.
    context_network, context_network_options
        The same on the side of A, for the objectives that have a network there. By default like
        ``network`` where A is like X, and "mlp" elsewhere: one for each part of a combination.
    n_outputs : "auto" or int, default="auto"
        Outputs of the networks; "auto" takes 4 d, at least 64, as far as a batch has four rows
        for each.
    batch_size : "auto" or int, default="auto"
        Rows of a batch; "auto" takes all up to 4,096.
    max_steps : "auto" or int, default="auto"
        Steps of the search. "auto" takes 250 where every batch is the whole sample and its
        operator, and otherwise 500 or ten epochs.
    learning_rate, weight_decay : float, default=0.004, 0.0
        Of AdamW; the rate rises in the first steps and falls to zero in a half cosine.
    validation_fraction : float, default=0.1
        The share of rows held out, 0 for none. None is held out of fewer than 100 rows, or where
        X is indices or names, of which a table knows only what it was taught.
    patience : int, default=5
        Scores in a row, half a percent or more below the best, before the search ends; there are
        up to 15.
    refit : bool, default=True
        Whether to train on with all rows after the search.
    ridge : "auto" or float, default="auto"
        The ridge of the Ritz step, in units of each function's variance; "auto" is 0.001 where the
        context's operator on the rows is known. Where contexts are drawn it is as much as four
        pairs weigh, to a power of ten, unless the held-out score of another is better by more than
        two standard errors.
    n_views : "auto" or int, default="auto"
        Draws of A over which a network on A alone is averaged for each row; "auto" takes 64. The
        noise of an average has (1 - s^2) / (n_views s^2) of the variance of a coordinate.
    accelerator, devices, strategy, precision
        As Lightning Fabric takes them, for one process or several. "auto" is CUDA where there is
        a card and the CPU elsewhere.
    n_threads : int, optional
        Threads while fitting; at most two when None.
    checkpoint : str or pathlib.Path, optional
        A directory to write the state of the training to at every score. A fit with the same
        parameters and data then goes on from there, to the same numbers. Code of your own is known
        by its name: give another directory when you have changed it.
    progress : "auto", bool or callable, default="auto"
        "auto" shows a bar with the held-out score where standard error is a terminal. A callable
        gets the steps done, their number and the newest metrics.
    loggers : object or list of objects, optional
        With ``log_metrics(metrics, step)``, as Lightning's loggers have.
    random_state : int, RandomState or None, default=None
        Draws weights, batches, contexts and held-out rows; None stands for a fixed seed.
    allow_fewer : bool, default=False
        Whether d is the most that is wanted: where fewer functions with an association were
        learned, there are as many coordinates as those (``singular_values_`` tells how many).
    spectral_power : float, default=0.0
        p >= 0: coordinate i is s_i^p mu_i, of variance s_i^(2p); 0 leaves unit variance. High
        powers are for few labels, retrieval and clustering. It may be changed after ``fit``, by
        ``set_params`` or ``with_power``, since what is learned does not depend on it.

    Attributes
    ----------
    context_ : Context
        The fitted context.
    network_ : torch.nn.Module or None
        The network on X. None where the objective learns a network on A alone: the coordinates
        are then its averages over P+(. | x), exact for finite supports and drawn elsewhere.
    context_network_ : torch.nn.Module or None
        The network on A.
    functions_ : RitzFunctions
        Coefficients, means and ranks.
    singular_values_ : ndarray of shape (d,)
        s_1 >= ... >= s_d on the training rows.
    effective_rank_ : float
        That of the outputs: far below their number where they have collapsed.
    score_ : float
        On held-out rows, before they were learned from: the ratio trace, of d functions or of
        fewer where held-out rows are few; the VAMP-2 score where pairs are drawn. NaN where none
        were held out.
    ridge_ : float
        The ridge.
    history_ : list of dict
        At every score: step, phase, loss, score, learning rate.
    n_features_in_ : int
        The number of columns of X, for rows of numbers.

    Notes
    -----
    Networks take single precision. A column whose mean is more than 64 spreads from zero (2^14 for
    a network of your own, which may count on its units) is shifted to its mean in float64 first,
    so that no digits are lost; contexts are fitted to the rows as they are.

    A step of b rows costs three times the network's products and, for D outputs, b D^2. Equal
    seeds, versions, threads and devices give equal numbers on the CPU. A network on X needs no
    context to embed rows; averages of a network on A do.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), sections 3 and 5 and appendix D.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures.contexts import KNNContext
    >>> from contextures.encoders import NeuralEncoder
    >>> X = load_iris().data
    >>> encoder = NeuralEncoder(KNNContext(n_neighbors=15), n_components=2, max_steps=20,
    ...                         network_options={"width": 64, "depth": 2})
    >>> encoder.fit(X[::2]).transform(X[1::2]).shape
    (75, 2)
    """

    _map: Map
    _codes: Codes | None
    _offsets: FloatArray | None

    def __init__(
        self,
        context: Context | None = None,
        n_components: int = 10,
        *,
        objective: Any = "ratio_trace",
        objective_options: dict[str, Any] | None = None,
        risk: Any = None,
        network: Any = "mlp",
        network_options: dict[str, Any] | None = None,
        context_network: Any = None,
        context_network_options: dict[str, Any] | None = None,
        n_outputs: Any = "auto",
        batch_size: Any = "auto",
        max_steps: Any = "auto",
        learning_rate: float = 4e-3,
        weight_decay: float = 0.0,
        validation_fraction: float = 0.1,
        patience: int = 5,
        refit: bool = True,
        ridge: Any = "auto",
        n_views: Any = "auto",
        accelerator: str = "auto",
        devices: Any = 1,
        strategy: Any = "auto",
        precision: Any = "32-true",
        n_threads: int | None = None,
        checkpoint: Any = None,
        progress: Any = "auto",
        loggers: Any = None,
        random_state: Any = None,
        allow_fewer: bool = False,
        spectral_power: float = 0.0,
    ) -> None:
        self.context = context
        self.n_components = n_components
        self.objective = objective
        self.objective_options = objective_options
        self.risk = risk
        self.network = network
        self.network_options = network_options
        self.context_network = context_network
        self.context_network_options = context_network_options
        self.n_outputs = n_outputs
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.refit = refit
        self.ridge = ridge
        self.n_views = n_views
        self.accelerator = accelerator
        self.devices = devices
        self.strategy = strategy
        self.precision = precision
        self.n_threads = n_threads
        self.checkpoint = checkpoint
        self.progress = progress
        self.loggers = loggers
        self.random_state = random_state
        self.allow_fewer = allow_fewer
        self.spectral_power = spectral_power

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context and train the network.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs; None stands for all nodes or rows of a graph or finite context.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them.

        Returns
        -------
        Self
            The fitted encoder.

        Raises
        ------
        InputError
            If the context cannot be fitted or cannot give what the objective takes, or fewer than
            d functions with an association were learned, or not one where fewer are allowed (a
            RankError).

        Warns
        -----
        ContextWarning
            If the outputs vary in fewer directions than are kept of them.
        """
        settings, loggers = Settings.of(self), check_loggers(self.loggers)
        values = self._fit_context(X, y)
        inputs = self._as_inputs(values)
        with limited_threads(self.n_threads):
            given = self.context_, values, inputs, self._codes
            problem = Problem(*given, Wanted.of(self), settings, self._offsets)
            outcome = run(
                problem.training(self.checkpoint, loggers),
                self.progress,
                accelerator=self.accelerator,
                devices=self.devices,
                strategy=self.strategy,
                precision=self.precision,
            )
            self._map, self.ridge_ = finished(problem, outcome)
        self.network_, self.context_network_ = problem.networks.phi, problem.networks.psi
        self.score_ = np.nan if outcome.score is None else outcome.score
        self.history_ = outcome.history
        warn_of_collapse(problem, self.functions_)
        return self

    def outputs(self, X: Any = None) -> FloatArray:
        """Compute the network's outputs, before d coordinates are combined of them.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.

        Returns
        -------
        ndarray of shape (n, n_outputs)
            The outputs; of a network on A alone, their averages over P+(. | x).
        """
        check_is_fitted(self)
        rows = self._rows(X)
        return self._map.outputs(rows, self._as_inputs(rows))

    @property
    def functions_(self) -> RitzFunctions:
        """Coefficients, means and ranks."""
        check_is_fitted(self)
        return self._map.functions

    @property
    def singular_values_(self) -> FloatArray:
        """Singular values on the training rows, largest first."""
        return self.functions_.singular_values

    @property
    def effective_rank_(self) -> float:
        """The effective rank of the outputs."""
        return self.functions_.effective_rank

    def _embed(self, rows: NDArray[Any]) -> FloatArray:
        return self._map.coordinates(rows, self._as_inputs(rows))

    def _fitted_coordinates(self, X: Any) -> FloatArray:
        rows = self._rows(X)
        return self._map.fitted_coordinates(rows, self._as_inputs(rows))

    def _keep_first(self, n_components: int) -> None:
        self._map = self._map.truncated(n_components)

    def _fit_context(self, X: Any, y: Any) -> NDArray[Any]:
        rows = super()._fit_context(X, y)
        self._codes = codes_of(rows, self.context_, self.network) if self._named else None
        self._offsets = (
            None if self._named else far_offsets(rows, self.network, self.network_options)
        )
        return rows

    def _as_names(self, X: Any) -> NDArray[Any]:
        """Give indices or names as one column."""
        names = np.asarray(X)
        return names.reshape(len(names), -1)

    def _number_type(self, X: Any) -> type[np.generic]:
        return np.int64 if self._takes_whole(X) else np.float64

    def _takes_whole(self, X: Any) -> bool:
        """Tell whether rows of whole numbers are tokens, which are not to become floats."""
        if isinstance(self.network, str):
            return self.network == "transformer"
        context = self.context
        return context is not None and context.takes == "any" and np.asarray(X).dtype.kind in "iu"

    def _as_inputs(self, rows: NDArray[Any]) -> Tensor:
        return as_tensor(rows, self._codes, self._offsets)

    def __sklearn_is_fitted__(self) -> bool:
        return "_map" in vars(self)
