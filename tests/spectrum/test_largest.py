"""The largest value alone where it is crowded by others, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from contextures.contexts import GraphContext, KNNContext
from contextures.spectrum import largest
from contextures.spectrum.cells import cells_of
from contextures.spectrum.largest import largest_value, rough_value
from contextures.spectrum.operator import NormalizedOperator


def ring(n, n_rings=1):
    """A walk of one step to either side, or none: eigenvalues (1 + 2 cos(2 pi j / n)) / 3."""
    one = sparse.diags_array(np.ones((3, n)), offsets=[-1, 0, 1], shape=(n, n)).tolil()
    one[0, n - 1] = one[n - 1, 0] = 1.0
    return GraphContext(sparse.block_diag([one] * n_rings, format="csr")).fit(None)


def closed_form(n):
    return ((1 + 2 * np.cos(2 * np.pi / n)) / 3) ** 2


@pytest.mark.parametrize("tolerance", [1e-7, 1e-12])
def test_a_crowded_value_is_known_to_its_tolerance(tolerance):
    """Some 200 values lie within a thousandth of each other, the first ones in pairs."""
    operator = NormalizedOperator(ring(6000))
    found = largest_value(operator, tolerance)[0] ** 2
    assert 0 <= closed_form(6000) - found + 1e-15 <= tolerance


def test_it_takes_some_hundreds_of_products_where_lanczos_takes_thousands(monkeypatch):
    operator = NormalizedOperator(ring(6000))
    cells, columns = cells_of(operator), []
    product = type(cells).product
    monkeypatch.setattr(
        type(cells), "product", lambda self, V: columns.append(V.shape[1]) or product(self, V)
    )
    assert largest_value(operator, 1e-9, cells)[0] ** 2 == pytest.approx(
        closed_form(6000), abs=1e-9
    )
    assert 0 < sum(columns) < 800


def test_one_is_a_value_of_what_falls_apart(monkeypatch):
    """Without a product: a vector that is smooth on each part need not be found."""
    monkeypatch.setattr(largest, "SHORT", 1)
    np.testing.assert_array_equal(largest_value(NormalizedOperator(ring(3000, 2))), 1.0)


def test_a_rough_value_is_a_lower_bound_of_the_right_size():
    operator = NormalizedOperator(KNNContext(8).fit(np.random.default_rng(0).random((400, 2))))
    exact = np.linalg.norm(operator.dense(), 2) ** 2
    assert 0.7 * exact < rough_value(operator) <= exact


def test_cells_are_connected_and_rearrange_the_operator():
    rows = np.random.default_rng(0).random((1000, 2))
    operator = NormalizedOperator(KNNContext(8).fit(rows))
    cells = cells_of(operator, least_side=100)
    m, n_cells = cells.basis.shape
    assert n_cells == m // 40
    np.testing.assert_array_equal(np.sort(cells.order), np.arange(m))
    dense = operator.dense()
    covariance = (dense.T @ dense)[np.ix_(cells.order, cells.order)]
    np.testing.assert_allclose(cells.product(np.eye(m)), covariance, atol=1e-13)
    np.testing.assert_allclose((cells.basis.T @ cells.basis).toarray(), np.eye(n_cells), atol=1e-13)
    np.testing.assert_allclose(
        cells.basis @ (cells.basis.T @ cells.root_a), cells.root_a, atol=1e-13
    )
    steps = sparse.csr_array(cells.backward @ cells.forward)
    for each in range(n_cells):
        inside = cells.basis[:, [each]].nonzero()[0]
        part = sparse.csr_array(steps[inside][:, inside])
        assert connected_components(part, return_labels=False) == 1
        assert (np.diff(inside) == 1).all()  # neighbours in memory


def test_there_are_no_cells_where_they_would_not_help():
    rows = np.random.default_rng(0).random((300, 2))
    assert cells_of(NormalizedOperator(KNNContext(8).fit(rows))) is None
