"""What a context says of itself before it is fitted is true once it is."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from contexts.cases import CASES, as_array, over
from contextures.contexts import Context
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.naming import declared_form, family_name
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.exceptions import InputError
from contextures.selection import parse_context, short_form

every = over(lambda case: True)
drawn_from = over(lambda case: case.form != "kernel" or case.context.observed)


@every
def test_the_form_is_that_of_the_fit_or_left_to_the_data(case):
    case = CASES[case]
    context = case.made()
    before = context.form
    assert before in (case.form, "data")
    context.fit(case.X, case.y)
    assert context.form == case.form
    assert clone(context).form == before


@every
def test_new_rows_are_described_or_refused(case):
    """Inductive contexts describe rows that they were not fitted to, the others say why not."""
    case = CASES[case]
    context = case.fitted()
    assert case.new is None or context.inductive
    if case.new is None:
        for ask in (context.expand, lambda rows: context.sample(rows, np.random.default_rng(0))):
            with pytest.raises(InputError, match=r".{20}"):
                ask(case.X)
    elif case.form == "sampler":
        assert len(context.sample(case.new, np.random.default_rng(0))) == len(case.new)
    else:
        assert context.expand(case.new).shape[0] == len(case.new)


@over(lambda case: not case.context.inductive)
def test_what_is_not_inductive_describes_no_rows(case):
    assert CASES[case].new is None


@every
def test_y_is_needed_as_declared(case):
    case = CASES[case]
    context = case.made()
    if context.needs_y:
        with pytest.raises(InputError, match=r"fit|label"):
            context.fit(case.X)
        assert case.y is not None
    else:
        assert case.y is None
        context.fit(case.X)
    assert clone(context).needs_y == context.needs_y


@drawn_from
def test_what_is_observed_is_the_same_in_every_draw(case):
    """And of what is not observed, at least one of many rows draws something else."""
    case = CASES[case]
    context = case.fitted()
    number = np.arange(len(context.input_weights_))
    first, second = (
        np.asarray(context.sample_rows(case.X, number, np.random.default_rng(seed), 8))
        for seed in (0, 1)
    )
    same = np.array_equal(first, second) and all(np.array_equal(first[0], one) for one in first)
    if case.form == "transition":  # which mixes what was observed with equal rows
        assert same == (as_array(context.expansion_).max(axis=1) > 0.999).all()
    else:
        assert same == context.observed


@over(lambda case: case.form == "sampler" and case.new is not None)
def test_draws_lie_in_the_space_of_the_rows_as_declared(case):
    case = CASES[case]
    context = case.fitted()
    one = np.asarray(context.sample(case.new, np.random.default_rng(0)))
    if context.same_space:
        assert one.shape == np.shape(case.new)
    if not context.tells_hidden:
        return
    values, hidden = np.split(one, 2, axis=1)
    assert values.shape == np.shape(case.new)
    assert set(np.unique(hidden)) <= {0.0, 1.0}
    assert hidden.any() and not hidden.all()
    np.testing.assert_array_equal(values[hidden == 0], np.asarray(case.new)[hidden == 0])


@over(lambda case: case.context.on_rows)
def test_a_context_on_rows_draws_fitted_rows(case):
    case = CASES[case]
    context = case.fitted()
    fitted = {tuple(row) for row in case.X}
    assert {tuple(row) for row in context.context_values()} <= fitted
    one = context.sample(case.new, np.random.default_rng(0))
    assert {tuple(row) for row in one} <= fitted


@over(lambda case: case.form != "sampler" and case.new is not None)
def test_rows_do_not_depend_on_their_batch(case):
    """Where ``row_by_row`` is declared; rows of the fit never do."""
    case = CASES[case]
    context = case.fitted()
    new = np.asarray(case.new)
    if not context.row_by_row:
        new = np.asarray(case.X)[:4]
    together = as_array(context.expand(new))
    alone = np.vstack([as_array(context.expand(new[i : i + 1])) for i in range(len(new))])
    np.testing.assert_allclose(together, alone, atol=1e-12)


@over(lambda case: case.form != "sampler")
def test_only_counting_enlarges_singular_values(case):
    case = CASES[case]
    context = case.fitted()
    n, m = context.expansion_.shape
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
    excess = context.excess(left, right, np.array([0.5, 0.2]))
    held_out = context.held_out(left)
    if context.counted:
        assert (excess > 0).all() and np.isfinite(held_out).all()
        assert context.mend_excess
    else:
        np.testing.assert_array_equal(excess, np.zeros(2))
        assert np.isposinf(held_out).all()


@over(lambda case: case.form == "transition")
def test_density_bounds_the_entries_of_a_row(case):
    """From above always; and no further above than the case allows."""
    case = CASES[case]
    context = case.fitted()
    n, m = context.expansion_.shape
    entries = np.count_nonzero(as_array(context.expansion_)) / n
    declared = case.made().density(n)
    assert context.density(n) == case.grows * declared
    assert entries <= min(context.density(n), m) + 1e-9
    if case.slack is not None:
        assert declared <= case.slack * entries + 1e-9


@every
def test_neighbours_are_searched_for_as_often_as_declared(case, monkeypatch):
    case = CASES[case]
    searches = []

    def counted(method):
        def search(self, X, *rest, **options):
            if not searches or searches[-1] is not None:
                searches.append(None)  # a search within a search is not one more
                try:
                    return method(self, X, *rest, **options)
                finally:
                    searches[-1] = len(X)
            return method(self, X, *rest, **options)

        return search

    for name in ("query", "query_any_order"):
        monkeypatch.setattr(NeighborSearch, name, counted(getattr(NeighborSearch, name)))
    context = case.fitted()
    assert len(searches) <= case.made().n_searches
    assert bool(searches) == bool(context.n_searches)
    assert context.n_averaged >= 1


@every
def test_labels_and_kinds_are_plain_words(case):
    case = CASES[case]
    context = case.made()
    name = type(context).__name__
    for words in (context.label, context.kind, family_name(context)):
        assert words.strip() and words == words.strip()
        assert name not in words and "Context" not in words and "\n" not in words
    label, kind = context.label, context.kind
    context.fit(case.X, case.y)
    assert (context.label, context.kind) == (label, kind)


def plain(context):
    """Give a context with nothing but what its short form tells."""
    form = declared_form(type(context))
    given = {form.parameter: getattr(context, form.parameter)}
    if form.inner is not None:
        given[form.inner] = plain(getattr(context, form.inner))
    return type(context)(**given)


def is_short(context):
    """Whether a context and what it is over have short forms."""
    form = declared_form(type(context))
    if form is None or form.inner is None:
        return form is not None
    return is_short(getattr(context, form.inner))


@over(lambda case: is_short(case.context))
def test_short_forms_are_read_as_they_are_written(case):
    context = plain(CASES[case].made())
    written = short_form(context)
    assert repr(parse_context(written)) == repr(context)
    assert short_form(parse_context(written)) == written
    assert declared_form(type(context)).word == written.split(":")[0].split("(")[0]


@every
def test_what_has_no_short_form_is_written_in_full(case):
    context = CASES[case].made()
    if declared_form(type(context)) is None and not isinstance(context, Mix):
        assert short_form(context) == repr(context)


def test_a_class_says_nothing_that_is_not_declared():
    """Names that the floors above may ask for have a default on the base class."""
    context = Context()
    assert (context.form, context.inductive, context.needs_y) == ("transition", True, False)
    assert context.density(7) == 7 and context.n_searches == 0 and context.graph is None
    assert context.added_tokens == () and context.parts() == {}
