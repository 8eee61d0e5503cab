"""Fitted contexts in files: what is read says the same of new rows, and nothing else is read."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from contexts.cases import CASES, ROWS, assert_same_for_new, over
from contextures.contexts import Context, KNNContext, MaskContext, PairContext
from contextures.contexts.stored import construct, describe, describe_fitted, restore_fitted
from contextures.encoders import SpectralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError

written = over(lambda case: case.unwritten is None and case.context.inductive)


def through_json(described):
    """Give what a file would give."""
    return json.loads(json.dumps(described, allow_nan=False))


@written
def test_a_restored_context_says_the_same_of_new_rows(case):
    case = CASES[case]
    context = case.fitted()
    arrays = {}
    described = through_json(describe_fitted(context, arrays))
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    again = restore_fitted(described, arrays)
    assert type(again) is type(context) and again.form == case.form
    assert repr(again) == repr(context)
    assert again.__sklearn_is_fitted__() and not again.has_rows
    assert getattr(again, "n_features_in_", None) == getattr(context, "n_features_in_", None)
    if case.new is not None:
        assert_same_for_new(again, context, case)
        if case.form != "sampler":
            np.testing.assert_allclose(
                again.dual_kernel(case.new), context.dual_kernel(case.new), atol=1e-13
            )
    else:
        with pytest.raises(InputError):
            again.sample(case.X, np.random.default_rng(0))
    with pytest.raises(InputError):
        again.describe()
    # What was read can be written again.
    second = {}
    assert through_json(describe_fitted(again, second)) == described
    assert second.keys() == arrays.keys()


@over(lambda case: case.unwritten is not None)
def test_what_cannot_be_written_is_named(case):
    case = CASES[case]
    context = case.fitted()
    parts = [each for each in context.get_params().values() if isinstance(each, Context)]
    name = "|".join(type(each).__name__ for each in [context, *parts])
    with pytest.raises(InputError, match=rf"^{case.unwritten}=.* of ({name}).* cannot be written"):
        describe_fitted(context, {})


@over(lambda case: case.unwritten != "estimator")
def test_unfitted_contexts_are_written_by_their_parameters(case):
    context = CASES[case].made()
    if context.takes == "index":  # a matrix, which takes a fitted context's arrays
        with pytest.raises(InputError, match=r"^(joint|adjacency)=.* cannot be written"):
            describe(context)
    else:
        assert repr(construct(through_json(describe(context)))) == repr(context)


@pytest.fixture
def described():
    """A masked context in a file, with a context inside."""
    context = MaskContext(KNNContext(5, n_landmarks=25), n_masks=2).fit(ROWS)
    arrays = {}
    return through_json(describe_fitted(context, arrays)), arrays


@pytest.mark.parametrize(
    "kind",
    ["os.system", "Context", "SupportContext", "builtins.object", "", "sklearn.pipeline.Pipeline"],
)
def test_unknown_kinds_are_refused(described, kind):
    """Base classes are no kinds to be made: they say nothing of rows."""
    found, arrays = described
    with pytest.raises((InputError, KeyError, NotImplementedError)):
        restore_fitted({**found, "kind": kind}, arrays).expand(ROWS)


@pytest.mark.parametrize(
    "name",
    [
        "__class__",
        "__dict__",
        "__init__",
        "fit",
        "expand",
        "_x",
        "x",
        "x_",
        "form",
        "base",
        "fitted_rows_",
        "input_weights_",
        "_restored",
        "expansion_",
    ],
)
@pytest.mark.parametrize("declares", [True, False])
def test_no_other_attribute_is_set(described, name, declares):
    """Neither in a class that lists what it keeps, nor in one that keeps what it learned."""
    if declares:
        found, arrays = described
    else:
        found, arrays = free()
        if name == "x_":  # such a class may have learned it
            return
    found["fitted"][name] = 3
    with pytest.raises(KeyError, match=name):
        restore_fitted(found, arrays)


class Free(Context):
    """Says nothing of what it keeps, so that all that it learned is kept."""

    def fit(self, X, y=None):
        self.edges_ = np.quantile(X[:, 0], [0.25, 0.5, 0.75])
        return self

    def expand(self, X):
        return np.eye(4)[np.searchsorted(self.edges_, X[:, 0])]


def free():
    arrays = {}
    return through_json(describe_fitted(Free().fit(ROWS), arrays)), arrays


def test_what_a_class_of_ones_own_learned_is_kept_without_being_listed():
    found, arrays = free()
    again = restore_fitted(found, arrays)
    np.testing.assert_array_equal(again.expand(ROWS), Free().fit(ROWS).expand(ROWS))
    assert list(found["fitted"]) == ["edges_"]


@pytest.mark.parametrize("form", ["", "data", "fit", None, 3, ["transition"]])
def test_unknown_forms_are_refused(described, form):
    found, arrays = described
    with pytest.raises(KeyError, match="form"):
        restore_fitted({**found, "form": form}, arrays)


def test_whatever_is_missing_is_refused(described):
    found, arrays = described
    for name in arrays:
        fewer = {key: array for key, array in arrays.items() if key != name}
        with pytest.raises(KeyError):
            restore_fitted(found, fewer)
    for name in found["fitted"]:
        changed = copy.deepcopy(found)
        del changed["fitted"][name]
        with pytest.raises(KeyError, match=name):
            restore_fitted(changed, arrays)


@pytest.fixture
def saved(tmp_path):
    save_encoder(SpectralEncoder(KNNContext(5), 2).fit(ROWS), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda context: context["fitted"].update(__class__=3),
        lambda context: context["fitted"].update(fit=3),
        lambda context: context["fitted"].update(_x=3),
        lambda context: context["fitted"].pop("points_"),
        lambda context: context["fitted"].update(points_="none"),
        lambda context: context["fitted"].update(points_={"array": "singular_values"}),
        lambda context: context["fitted"].update(points_={"array": "missing"}),
        lambda context: context["fitted"].update(algorithm_="perpetual"),
        lambda context: context.update(form="nonsense"),
        lambda context: context.update(kind="SupportContext"),
        lambda context: context.update(kind=3),
        lambda context: context.update(fitted=None),
        lambda context: context.update(parameters=[]),
        lambda context: context.update(prefix="elsewhere"),
        lambda context: context["parameters"].update(n_neighbors="many"),
        lambda context: context.clear(),
    ],
)
def test_a_changed_description_is_refused_when_it_is_read(saved, change):
    file = saved / "encoder.json"
    description = json.loads(file.read_text())
    change(description["context"])
    file.write_text(json.dumps(description))
    with pytest.raises(InputError, match=r"damaged|not known"):
        load_encoder(saved)


def test_pairs_of_numbers_are_embedded_again_from_a_file(tmp_path):
    """The law of every input comes along, and an input that was never seen has that of A."""
    case = CASES["pairs of numbers"]
    encoder = SpectralEncoder(PairContext(), 1).fit(case.X, case.y)
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path)
    np.testing.assert_allclose(again.transform(case.new), encoder.transform(case.new), atol=1e-12)
    np.testing.assert_allclose(again.transform([99]), 0, atol=1e-9)
