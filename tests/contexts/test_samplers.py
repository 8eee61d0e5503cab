"""What every context that only draws promises, with numpy's generator and with torch's."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from contextures.contexts import (
    CutMixContext,
    DiffusionContext,
    ImageContext,
    NoiseContext,
    RandomMaskContext,
    SCARFContext,
)
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((200, 4)) @ RNG.standard_normal((4, 4)) + [0, 5, 0, -100]

# name: (context, columns of A)
CASES = {
    "scarf": (SCARFContext(), 4),
    "scarf uniform": (SCARFContext(0.3, "uniform"), 4),
    "scarf normal": (SCARFContext(0.3, "normal"), 4),
    "cutmix": (CutMixContext(0.4), 4),
    "mask": (RandomMaskContext(), 8),
    "mask exact": (RandomMaskContext(mask_rate=0.5, pattern="exact"), 8),
    "mask block": (RandomMaskContext(mask_rate=0.6, pattern="block"), 8),
    "noise": (NoiseContext(0.3), 4),
    "diffusion": (DiffusionContext(), 5),
    "diffusion linear": (DiffusionContext("linear"), 5),
    "image": (ImageContext((2, 2), angles=(0, 30), erase=0.5), 4),
}


@pytest.fixture(params=CASES)
def case(request):
    context, width = CASES[request.param]
    return clone(context).fit(ROWS), width


def test_samplers_say_what_they_are(case):
    context, width = case
    assert context.form == "sampler"
    assert context.same_space == (width == ROWS.shape[1])
    assert context.n_features_in_ == 4
    np.testing.assert_allclose(context.input_weights_, 1 / 200)
    again = clone(context)
    assert repr(again) == repr(context)
    assert not hasattr(again, "input_weights_")


def test_draws_have_the_shape_and_precision_of_the_rows(case):
    context, width = case
    for dtype in (np.float32, np.float64):
        rows = ROWS[:7].astype(dtype)
        one = context.sample(rows, np.random.default_rng(0))
        assert one.shape == (7, width)
        assert one.dtype == dtype
        several = context.sample(rows, np.random.default_rng(0), 3)
        assert several.shape == (3, 7, width)
        assert not np.array_equal(several[0], several[1])


def test_draws_repeat_with_the_generator_and_leave_the_rows_alone(case):
    context, _ = case
    rows = ROWS.copy()
    first = context.sample(rows, np.random.default_rng(5), 2)
    np.random.seed(1)
    second = pickle.loads(pickle.dumps(context)).sample(rows, np.random.default_rng(5), 2)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(rows, ROWS)
    by_number = context.sample_rows(rows, [4, 4, 9], np.random.default_rng(1))
    by_value = context.sample(rows[[4, 4, 9]], np.random.default_rng(1))
    np.testing.assert_array_equal(by_number, by_value)


def test_tensors_are_drawn_for_with_torchs_generator_alike(case):
    torch = pytest.importorskip("torch")
    context, width = case
    rows = torch.as_tensor(ROWS, dtype=torch.float32)
    drawn = context.sample(rows, torch.Generator().manual_seed(0), 2)
    assert drawn.dtype == torch.float32
    assert drawn.shape == (2, 200, width)
    again = context.sample_rows(rows, torch.arange(200), torch.Generator().manual_seed(0), 2)
    assert torch.equal(drawn, again)
    half = context.sample(rows.to(torch.bfloat16), torch.Generator().manual_seed(0))
    assert half.dtype == torch.bfloat16


def test_numpy_and_torch_draw_from_the_same_law(case):
    """Means, second moments with x, and quantiles of 4000 views agree within their errors."""
    torch = pytest.importorskip("torch")
    context, _ = case
    ours = context.sample(ROWS[:40], np.random.default_rng(0), 4000)
    theirs = context.sample(torch.as_tensor(ROWS[:40]), torch.Generator().manual_seed(0), 4000)
    theirs = theirs.numpy()
    spread = ours.std(axis=(0, 1)).max()
    # A row's mean over 4000 views has an error of spread / 63; the difference's is 1.4 times it.
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=6 * 1.4 * spread / 63)
    np.testing.assert_allclose(ours.std(0), theirs.std(0), atol=6 * 1.4 * spread / 63)
    for quantile in (0.1, 0.5, 0.9):
        a, b = (np.quantile(drawn[:, 0], quantile, axis=0) for drawn in (ours, theirs))
        ranks = [(drawn[:, 0] <= a).mean(axis=0) for drawn in (ours, theirs)]
        np.testing.assert_allclose(*ranks, atol=6 * 1.4 * 0.5 / 63, err_msg=str((a, b)))


def test_samplers_refuse_what_they_cannot_do(case):
    context, _ = case
    for attempt in (context.expand, context.dual_kernel):
        with pytest.raises(InputError, match="MonteCarloContext"):
            attempt(ROWS)
    with pytest.raises(InputError, match="only draws A"):
        context.transition(ROWS)
    with pytest.raises(InputError, match="fitted with 4 features"):
        context.sample(ROWS[:, :3], np.random.default_rng(0))
    with pytest.raises(InputError, match="n_views=0"):
        context.sample(ROWS, np.random.default_rng(0), 0)
    with pytest.raises(InputError, match=r"give numpy\.random"):
        context.sample(ROWS, 7)


BAD = [
    (SCARFContext(0.0), "corruption_rate=0.0"),
    (SCARFContext(1), "corruption_rate=1"),
    (SCARFContext(np.nan), "corruption_rate=nan"),
    (SCARFContext("a"), "corruption_rate='a'"),
    (SCARFContext(marginal="gaussian"), "marginal='gaussian'"),
    (CutMixContext(-0.1), "corruption_rate=-0.1"),
    (NoiseContext(0), "sigma=0"),
    (DiffusionContext("cubic"), "schedule='cubic'"),
    (RandomMaskContext(mask_rate=1.0), "mask_rate=1.0"),
    (RandomMaskContext(pattern="blocks"), "pattern='blocks'"),
]


@pytest.mark.parametrize(("context", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_parameters_are_named_with_the_mend(context, message):
    with pytest.raises(InputError, match=message):
        context.fit(ROWS)


def test_one_feature_cannot_be_masked():
    with pytest.raises(InputError, match="at least 2 features"):
        RandomMaskContext().fit(ROWS[:, :1])


def test_drawing_in_numpy_does_not_load_torch():
    code = (
        "import sys, numpy as np; from contextures import contexts as c; "
        "X = np.random.default_rng(0).random((20, 4)); "
        "made = [c.SCARFContext(), c.RandomMaskContext(), c.DiffusionContext(), "
        "c.ImageContext((2, 2)), "
        "c.KNNContext(3), c.MaskedTokensContext()]; "
        "[m.fit(X + 2 if i < 5 else (9 * X + 2).astype(int))"
        ".sample_rows(X, [0], np.random.default_rng(0)) for i, m in enumerate(made)]; "
        "print([name for name in ('torch', 'lightgbm', 'tokenizers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
