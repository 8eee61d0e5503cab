"""Objectives and networks of the caller's own, written with nothing but what is public."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import oracles
from contextures.contexts import FiniteContext, KNNContext, NoiseContext, RandomMaskContext
from contextures.encoders import NeuralEncoder, load_encoder, save_encoder
from contextures.exceptions import InputError
from contextures.objectives import FunctionObjective, Objective
from contextures.spectrum import decompose

CUBE = FiniteContext(oracles.masks(3, 0.35))
"""Three singular values of .65 ** .5, then smaller ones."""

ROWS = np.random.default_rng(0).standard_normal((120, 4))


def centred(values):
    return values - values.mean(0)


def ridged(covariance):
    """The outputs of a new network vary in a few directions only."""
    n = len(covariance)
    return covariance + 1e-2 * covariance.trace() / n * torch.eye(n)


def explained(left, between, right):
    """The trace of left^-1 between right^-1 between'."""
    solve = torch.linalg.solve
    return torch.trace(solve(ridged(left), between) @ solve(ridged(right), between.T))


def of_pairs(phi, psi):
    phi, psi = centred(phi), centred(psi)
    n = len(phi)
    return -explained(phi.T @ phi / n, phi.T @ psi / n, psi.T @ psi / n)


def of_views(view_1, view_2):
    cross = (view_1 * view_2).sum(1).mean()
    return -2 * cross + ((view_1 @ view_2.T) ** 2).mean()


def of_kernel(phi, features, context_weights):
    kernel = (features / context_weights) @ features.T
    phi = centred(phi)
    n = len(phi)
    operator = phi.T @ (kernel - 1) @ phi / n**2
    return -torch.trace(torch.linalg.solve(ridged(phi.T @ phi / n), operator))


def of_targets(embedding, target):
    classes = nn.functional.one_hot(target, 27).float()
    classes = centred(classes / classes.mean(0).clamp(min=1e-3).sqrt())
    return of_pairs(embedding, classes[:, classes.var(0) > 0])


FUNCTIONS = {"pair": of_pairs, "views": of_views, "kernel": of_kernel, "targets": of_targets}


def learned(objective, max_steps=150):
    # Without centring, the loss of views spends an output on the constant function.
    n_outputs = 4 if objective.inputs == "views" else 3
    return NeuralEncoder(
        CUBE,
        3,
        objective=objective,
        n_outputs=n_outputs,
        batch_size=1024,
        max_steps=max_steps,
        network_options={"width": 32, "depth": 2},
    )


@pytest.mark.parametrize("inputs", FUNCTIONS)
def test_a_function_finds_the_functions_of_a_cube(inputs):
    """Each form of input reaches the function, and what it learns is known in closed form."""
    fitted = learned(FunctionObjective(FUNCTIONS[inputs], inputs))
    embedded = fitted.fit_transform(None)
    np.testing.assert_allclose(fitted.singular_values_, 0.65**0.5, atol=0.01)
    exact = decompose(CUBE, None, 3)
    assert np.linalg.svd(embedded.T @ exact.left / 8)[1].min() >= 0.98


class Pairs(Objective):
    inputs = "pair"
    encoder_on = "X"

    def forward(self, phi, psi):
        return of_pairs(phi, psi)


def test_a_subclass_with_forward_alone_is_the_function():
    one = learned(Pairs(), max_steps=20).fit_transform(None)
    other = learned(FunctionObjective(of_pairs, "pair"), max_steps=20).fit_transform(None)
    np.testing.assert_array_equal(one, other)


class Recorded(Objective):
    """Notes what a batch is, and learns something that hardly matters."""

    def __init__(self, seen, **declared):
        super().__init__()
        self.seen = seen
        for name, value in declared.items():
            setattr(self, name, value)

    def forward(self, embedding, *others):
        self.seen.append([None if each.is_sparse_csr else each.clone() for each in others])
        return -torch.trace(torch.cov(embedding.T)) / (1 + embedding.square().sum(1).mean())


def test_declared_options_change_what_is_fed():
    """The loop asks an objective for attributes, and never what class it is."""

    def fed(context, rows, **declared):
        seen = []
        NeuralEncoder(
            context, 1, objective=Recorded(seen, **declared), n_outputs=2, max_steps=2
        ).fit(rows)
        return seen

    cells = RandomMaskContext(mask_rate=0.5)
    plain = fed(cells, ROWS, inputs="targets", encoder_on="A")
    hiding = fed(cells, ROWS, inputs="targets", encoder_on="A", wants_hidden=True)
    assert {len(others) for others in plain} == {1}
    assert {len(others) for others in hiding} == {2}
    assert all(others[1].dtype == torch.bool for others in hiding)
    with pytest.raises(InputError, match="Recorded over edges needs a graph"):
        fed(KNNContext(5), ROWS, inputs="views", encoder_on="X", over_edges=True)


def test_contexts_of_one_row_are_left_out_only_where_the_loss_says_so():
    widths = {}
    for exclude_self in (False, True):
        found = []

        def loss(phi, features, weights, found=found):
            found.append(features.shape[1])
            return -phi.var(0).sum() / (1 + phi.square().sum(1).mean())

        objective = FunctionObjective(loss, "kernel", exclude_self=exclude_self)
        context = KNNContext(3)
        NeuralEncoder(context, 1, objective=objective, n_outputs=2, batch_size=30, max_steps=3).fit(
            ROWS
        )
        widths[exclude_self] = found
    assert all(low < high for low, high in zip(widths[True], widths[False], strict=True))


def half(phi, psi):
    return (phi - psi).square().mean(1)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (of_pairs, r"objective=of_pairs does not say what it takes; give .*FunctionObjective\("),
        (nn.MSELoss(), r"objective=MSELoss does not say what it takes"),
        (Pairs, "is not possible; give a name, or an instance"),
        (Objective(), "Objective must say what it takes, and its inputs is None; declare one of"),
        (FunctionObjective(half, "pair"), r"half gave a tensor of shape \(\d+,\), which is no"),
        (FunctionObjective(lambda phi, psi: 1.0, "pair"), r"gave 1.0, which is no loss"),
    ],
    ids=["function", "module", "class", "undeclared", "rows", "number"],
)
def test_what_is_no_objective_is_refused_with_the_mend(objective, message):
    with pytest.raises(InputError, match=message):
        NeuralEncoder(
            NoiseContext(0.5), 1, objective=objective, max_steps=1, validation_fraction=0
        ).fit(ROWS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((of_pairs, "couple"), "its inputs is 'couple'; declare one of pair, views"),
        ((3, "pair"), "function=3 cannot be called"),
        ((nn.Linear(3, 1), "pair"), "has parameters of its own, which would not be trained"),
    ],
    ids=["inputs", "number", "parameters"],
)
def test_a_function_objective_is_checked_when_it_is_made(arguments, message):
    with pytest.raises(InputError, match=message):
        FunctionObjective(*arguments)


def test_options_are_shown_so_that_checkpoints_tell_trainings_apart(tmp_path):
    """A checkpoint of the same loss with other options is not gone on from."""
    from contextures.objectives import VICReg

    assert repr(VICReg(covariance=4.0)) != repr(VICReg())
    assert "of_pairs, inputs='pair'" in repr(FunctionObjective(of_pairs, "pair"))
    for covariance in (1.0, 4.0):
        NeuralEncoder(
            NoiseContext(0.5),
            1,
            objective=VICReg(covariance=covariance),
            n_outputs=2,
            max_steps=2,
            checkpoint=tmp_path,
        ).fit(ROWS)
    assert len(list(tmp_path.iterdir())) == 2


class Own(nn.Module):
    """Knows nothing of this library; keeps buffers, one of them a number."""

    def __init__(self, width=6):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.first, self.last = nn.Linear(4, 16), nn.Linear(16, width)

    def forward(self, rows):
        return self.last(torch.tanh(self.first(self.norm(rows))))


@pytest.mark.parametrize(
    ("context", "objective"),
    [(KNNContext(9), "ratio_trace"), (NoiseContext(0.3), "vicreg"), (NoiseContext(0.3), Pairs())],
    ids=["on X", "on A", "on both"],
)
def test_a_network_is_any_module(tmp_path, context, objective):
    module = Own()
    before = {name: values.clone() for name, values in module.state_dict().items()}
    made = NeuralEncoder(context, 2, objective=objective, network=module, max_steps=5)
    made.fit(ROWS)
    trained = made.network_ if made.network_ is not None else made.context_network_
    assert type(trained) is Own
    assert trained is not module
    assert not torch.equal(trained.last.weight, module.last.weight)
    for name, values in module.state_dict().items():
        assert torch.equal(values, before[name]), "the caller's module is not touched"
    save_encoder(made, tmp_path)
    with pytest.raises(InputError, match="network is a Own of your own"):
        load_encoder(tmp_path)
    again = load_encoder(tmp_path, network=Own())
    np.testing.assert_array_equal(again.transform(ROWS[:7]), made.transform(ROWS[:7]))
