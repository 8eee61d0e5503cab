"""Images: what crops, turns, or one half given the other teach about digits.

Four contexts: a random crop of the image; the image turned a little; the angle of an image turned
by quarters, as a class; and the right half of the image given its left half, two modalities with
a basis each, as CLIP has for images and captions. All are learned by RitzEncoder, without labels,
and crops by a convolutional network too.

``--data`` takes optdigits (5,620 images) in place of scikit-learn's 1,797 digits. There, with 50
labels, crops gave .91, turns .84, the two halves .84 and raw pixels .83. Three functions of the
angle name the angle of fresh images (.96) and say nothing of digits (.12).

    python -m examples.images --data DIR
"""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures.contexts import ImageContext, LabelContext, PairContext, rotated_images
from contextures.encoders import NeuralEncoder, RitzEncoder
from contextures.evaluation import Task
from contextures.evaluation.representations.probe import linear_probe
from examples import common

SHAPE = (8, 8)
NAMES = ("crop", "crop, network", "turn", "two halves", "angle as a class")
D = 32
CROP = ImageContext(SHAPE, crop=(0.4, 1.0), flip=0.0)
TURN = ImageContext(SHAPE, crop=None, flip=0.0, angles=tuple(range(-40, 41, 10)))


def halves(pixels: Any) -> tuple[Any, Any]:
    """Cut images into their left and right halves."""
    square = pixels.reshape(-1, *SHAPE)
    return square[:, :, :4].reshape(-1, 32), square[:, :, 4:].reshape(-1, 32)


def learn_halves(run: common.Example, train: Any, test: Any, **settings: Any) -> tuple[Any, Any]:
    """Learn from pairs of halves; give the functions of both, the best first."""
    left, right = halves(train)
    encoder = RitzEncoder(PairContext(), D, **settings).fit(left, right)
    sides = []
    for pixels in (train, test):
        left, right = halves(pixels)
        mu = encoder.transform(left)
        nu = encoder.functions_.right(encoder.context_basis_.transform(right))
        sides.append((mu, nu))
    mu, nu = sides[1]
    fresh = [np.corrcoef(mu[:, i], nu[:, i])[0, 1] for i in range(D)]
    for i in range(D):
        run.add(f"correlation {i + 1} of the halves, fitted", encoder.singular_values_[i])
        run.add(f"correlation {i + 1} of the halves, fresh", fresh[i])
    # The likelihood ratio P+(x, a) / (P_X(x) P_A(a)) in the span of the functions.
    likeness = mu @ (encoder.singular_values_[:, None] * nu.T)
    places = (likeness > np.diag(likeness)[:, None]).sum(axis=1)
    run.add("right half among the ten likeliest", np.mean(places < 10))
    run.add("the same by chance", 10 / len(test))
    both = [np.stack(side, axis=2).reshape(len(side[0]), -1) for side in sides]
    return both[0], both[1]


def learn_angles(run: common.Example, train: Any, test: Any, **settings: Any) -> tuple[Any, Any]:
    """Learn from the angles of turned images, as classes."""
    turned, angles = rotated_images(train, SHAPE)
    encoder = RitzEncoder(LabelContext(), 3, **settings).fit(turned, angles)
    probe = linear_probe(Task("classification"), encoder.transform(turned), angles)
    turned, angles = rotated_images(test, SHAPE)
    run.add("angle recognised", probe.score(encoder.transform(turned), angles))
    return encoder.transform(train), encoder.transform(test)


def main() -> None:
    """Run the example."""
    run = common.example("images", __doc__)
    pixels, digits = common.digits(run.data)
    counts = (50,) if run.quick else (20, 50, 100, 200)
    for seed in run.seeds:
        order = np.random.default_rng(seed).permutation(len(pixels))
        train, test = np.split(order, [int(0.7 * len(order))])
        x, fresh = pixels[train], pixels[test]
        settings = {"random_state": seed, "n_functions": 300 if run.quick else 1000}
        learned = {"two halves": learn_halves(run, x, fresh, **settings)}
        for name, context in {"crop": CROP, "turn": TURN}.items():
            encoder = RitzEncoder(context, D, **settings).fit(x)
            learned[name] = encoder.transform(x), encoder.transform(fresh)
        encoder = NeuralEncoder(
            CROP,
            D,
            network="conv",
            network_options={"image_shape": SHAPE, "width": 8 if run.quick else 16},
            max_steps=30 if run.quick else 120,
            batch_size=1024,
            n_threads=1,
            random_state=seed,
        ).fit(x)
        learned["crop, network"] = encoder.transform(x), encoder.transform(fresh)
        learned["angle as a class"] = learn_angles(run, x, fresh, **settings)
        targets = digits[train], digits[test]
        for n in counts:
            for name, (a, b) in learned.items():
                score = common.few_label_score(
                    a, b, targets, n, seed, run.n_draws, common.ordered_probe
                )
                run.add(f"{name}: accuracy, {n} labels", score)
            run.add(
                f"raw pixels: accuracy, {n} labels",
                common.few_label_score(x, fresh, targets, n, seed, run.n_draws),
            )
    draw(run, pixels, [*NAMES, "raw pixels"], counts)


def draw(run: common.Example, pixels: Any, names: list[str], counts: tuple[int, ...]) -> None:
    """Draw images and their contexts, the correlations of the halves, and the scores."""
    figure, (first, left, right) = common.axes(3)
    some = pixels[:5]
    rng = np.random.default_rng(run.seed)
    gap = np.full((len(some), 8, 1), np.nan)
    x = some.reshape(-1, *SHAPE)
    cut = np.concatenate([x[:, :, :4], gap, x[:, :, 4:]], axis=2)
    crop, turn = (c.fit(pixels).sample(some, rng).reshape(-1, *SHAPE) for c in (CROP, TURN))
    wide = np.full((len(some), 8, 2), np.nan)
    strips = np.concatenate([x, wide, crop, wide, turn, wide, cut], axis=2)
    below = np.full((2, strips.shape[2]), np.nan)
    rows = np.concatenate([part for strip in strips for part in (strip, below)])
    first.imshow(rows, cmap="gray_r")
    first.set(title="x, crop, turn, two halves", xticks=[], yticks=[])
    first.spines[:].set_visible(False)

    places = np.arange(1, D + 1)
    for kind in ("fitted", "fresh"):
        key = "correlation {} of the halves, {}".format
        left.plot(places, [run.mean(key(i, kind)) for i in places], ".-", label=f"{kind} images")
    left.set(title="Canonical correlations of the halves", xlabel="i", ylim=(0, 1.02))
    left.legend()

    for name in names:
        means = [run.mean(f"{name}: accuracy, {n} labels") for n in counts]
        colour = common.GREY if name.startswith("raw") else None
        right.plot(counts, means, ".-", label=name, color=colour)
    right.set(title="Accuracy of a linear probe", xlabel="labelled images", ylim=(0, 1))
    right.legend()
    table = [[n, *(run.cell(f"{n}: accuracy, {count} labels") for count in counts)] for n in names]
    run.finish(figure, ["features", *(f"{count} labels" for count in counts)], table)


if __name__ == "__main__":
    main()
