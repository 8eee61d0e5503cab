"""The same random tasks for several embeddings, and how well each does on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.evaluation.context_scores.task_priors import smooth_tasks
from contextures.evaluation.embeddings.probe import KernelProbe


@dataclass(frozen=True)
class CommonTasks:
    """Tasks drawn evenly from the kernels of several embeddings, so that none is at home alone.

    Attributes
    ----------
    labels : ndarray of shape (m + t, n_tasks)
        The tasks on the fitted rows and then on the fresh ones, noise included, of unit variance.
    sources : ndarray of int of shape (n_tasks,)
        Which embedding's kernel each was drawn from.
    n_fitted : int
        m.
    """

    labels: FloatArray
    sources: IntArray
    n_fitted: int

    def squared_errors(self, probe: KernelProbe) -> FloatArray:
        """Give the squared error of each fresh row on each task, of shape (t, n_tasks)."""
        predicted = probe.predict(self.labels[: self.n_fitted])
        return np.asarray((self.labels[self.n_fitted :] - predicted) ** 2)


def common_tasks(
    embeddings: Sequence[FloatArray], n_fitted: int, n_tasks: int, seed: int
) -> CommonTasks:
    """Draw tasks from an even mixture of the kernels of embeddings.

    Parameters
    ----------
    embeddings : sequence of ndarray of shape (m + t, d_e)
        Embeddings of the same rows.
    n_fitted : int
        m, the rows that probes are fitted to; the others are fresh.
    n_tasks : int
        How many tasks are drawn; at least one for each embedding.
    seed : int
        Draws them.

    Returns
    -------
    CommonTasks
        As many tasks from each kernel.
    """
    own = max(1, n_tasks // len(embeddings))
    drawn = [
        smooth_tasks(
            values[:n_fitted],
            values[n_fitted:],
            n_tasks=own,
            random_state=np.random.RandomState([seed, place]),
        ).labels
        for place, values in enumerate(embeddings)
    ]
    return CommonTasks(np.hstack(drawn), np.repeat(np.arange(len(embeddings)), own), n_fitted)


def crossed_error(values: FloatArray) -> float:
    """Compute the standard error of the mean of a table of rows by tasks, both drawn.

    The variance of the rows' means and that of the tasks' means add up; what both count of their
    interaction is not taken away, which makes it a little larger than it is.

    Parameters
    ----------
    values : ndarray of shape (t, n_tasks)
        One value for each row and task.

    Returns
    -------
    float
        The standard error.
    """
    rows, tasks = values.mean(axis=1), values.mean(axis=0)
    return float(np.sqrt(_variance(rows) / len(rows) + _variance(tasks) / len(tasks)))


def _variance(values: FloatArray) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
