"""What every number in a report means, in a sentence or two."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

__all__ = [
    "DIAGNOSIS_GLOSSARY",
    "GLOSSARY",
    "LEARNING_GLOSSARY",
    "PREDICTOR_GLOSSARY",
    "Term",
]


class Term(NamedTuple):
    """One entry: the word as the glossary lists it, and what it means."""

    heading: str
    meaning: Markup


def _term(heading: str, meaning: str) -> Term:
    # Safe as markup: the constants below, never a caller's text.
    return Term(heading, Markup(meaning))


GLOSSARY: dict[str, Term] = {
    "context": _term(
        "Context",
        "A pretraining idea that links every row to others it should resemble, such as its nearest "
        "neighbours. It fixes a joint distribution of rows, and with it the best representation.",
    ),
    "verdict": _term(
        "Verdict",
        "One of four. Use the representation: on held-out rows a linear model gains by it over the "
        "raw features, by more than chance. Raw features are as good: a gain that matters is ruled "
        "out. No context stands out: without labels no context is better than the others, or "
        "nothing is learned. Cannot tell: labels or held-out rows are too few to say.",
    ),
    "tau": _term(
        "Usefulness score τ",
        "Lower is better. τ<sub>d</sub> = 1 ∕ (1 − s<sub>d+1</sub>²) + β · "
        "Σ<sub>i≤d</sub> s<sub>i</sub>² ∕ Σ<sub>i≤d₀</sub> s<sub>i</sub>², and τ is its minimum "
        "over d. The first part falls as coordinates are added, the second rises. It reads only "
        "the singular values, never a label.",
    ),
    "pseudo": _term(
        "Error on pseudo-tasks",
        "Lower is better. The squared error that a ridge probe on the context's coordinates is "
        "expected to make on random tasks, in units of their variance: smooth functions of the "
        "prepared columns plus as much noise. The probe is fitted to and judged on rows that the "
        "context was not fitted to. 0.5 is the noise that nothing can predict; about 1 means that "
        "nothing was learned. No label is read. ± is its standard error over those rows.",
    ),
    "told-apart": _term(
        "Told apart",
        "Two contexts are told apart when the chosen one has the lower error on at least 80\u00a0% "
        "of single pseudo-tasks, the same for both. Where it has not, either may be the better one "
        "for your task.",
    ),
    "reliable": _term(
        "Reliable or not",
        "Near 1 + β (2 when β = 1) the score cannot tell one context from another: the "
        "association is so weak, or so strong, that every choice looks alike.",
    ),
    "dimension": _term(
        "Predicted dimension d",
        "How many coordinates to keep: the d at which the score that the choice followed is "
        "smallest.",
    ),
    "singular-value": _term(
        "Singular value sᵢ",
        "How much of the i-th coordinate survives the context, between 0 and 1: the correlation "
        "between a coordinate and its expectation over what the context links it to. "
        "The trivial s₀ = 1 is left out.",
    ),
    "level": _term(
        "Association level",
        "How strongly the context ties a row to what it is linked with; it orders the candidates "
        "of one family. Too weak leaves nothing to learn, too strong everything, so τ is expected "
        "to trace a U with the best context in between.",
    ),
    "decay": _term(
        "Decay rate λ",
        "From the fit s<sub>i</sub>² = exp(−λ i): a larger λ means the singular values fall "
        "faster and fewer coordinates matter.",
    ),
    "kernel-deviation": _term(
        "Expected kernel deviation E|k − 1|",
        "How far the context's kernel is from treating all pairs of rows alike, on average. "
        "0 means the context says nothing.",
    ),
    "interval": _term(
        "95\u00a0% interval",
        "From resampling the test rows with replacement (bootstrap). Where two intervals overlap "
        "a lot, the test rows do not separate the two models.",
    ),
    "probe": _term(
        "Probe score",
        "A linear model on the first d coordinates, cross-validated on the training rows only. "
        "The band is its 95 % interval.",
    ),
    "coordinate": _term(
        "Coordinate",
        "One dimension of the learnt representation: a singular function of the context, in order "
        "of its singular value.",
    ),
    "accuracy": _term("Accuracy", "The share of test rows predicted correctly; 1 is perfect."),
    "balanced-accuracy": _term(
        "Balanced accuracy",
        "The share of each class's test rows predicted correctly, averaged over the classes, so "
        "that a rare one counts as much as the commonest. Always saying one class gives 1 over "
        "their number.",
    ),
    "roc-auc": _term(
        "ROC AUC",
        "How often a row of a class gets a higher chance of it than one of another class. 0.5 "
        "is a guess, 1 is perfect, however rare the class is. Of more than two classes, the mean "
        "over each against all others.",
    ),
    "average-precision": _term(
        "Average precision",
        "When rows are listed by their chance of the class, the share that are of it, averaged "
        "over the places where one is. A guess gives the class's share of rows, 1 is perfect. Of "
        "more than two classes, the mean over each against all others.",
    ),
    "log-loss": _term(
        "Log loss",
        "The mean of minus the logarithm of the chance that the true class was given; lower is "
        "better, and 0 is perfect.",
    ),
    "mae": _term(
        "Mean absolute error",
        "How far predictions are from the target on average, in its own unit; lower is better.",
    ),
    "rmse": _term(
        "Root mean squared error",
        "The root of the mean squared distance between prediction and target, in the target's "
        "unit; lower is better, and far misses count more.",
    ),
    "r2": _term(
        "R²",
        "The share of the target's variance on the test rows that is predicted; 1 is perfect, 0 is "
        "no better than the mean.",
    ),
    "held-out": _term(
        "Held-out rows",
        "Rows set aside before anything was learnt, and used only to score at the end.",
    ),
    "unlabelled": _term(
        "Rows without a label",
        "Rows whose target is empty. The context learns from them all the same.",
    ),
    "tried": _term(
        "Contexts tried",
        "How many contexts were scored; the one with the lowest score is chosen. One that failed "
        "could not be scored, and the table gives the reason.",
    ),
    "driver": _term(
        "Columns behind a coordinate",
        "The share of the coordinate's variance that one column alone explains (the correlation "
        "ratio η²): between its values, for words; between ten groups of as many rows, for numbers "
        "and dates. Corrected for the number of groups, so that an unrelated column has about 0.",
    ),
    "size": _term("Rows and columns", "The size of the table as it was read."),
    "missing": _term("Missing", "How many cells of the column are empty."),
    "seconds": _term("Seconds", "The time it took, by the clock."),
}
"""The terms that every page explains, by the key its template uses."""

LEARNING_GLOSSARY: dict[str, Term] = {
    "coordinate": _term(
        "Coordinate",
        "One dimension of the learned representation: what the encoder has of a singular function "
        "of the context, in order of its singular value.",
    ),
    "encoder": _term(
        "Encoder",
        "What computes the coordinates of a row. The spectral encoder solves for the singular "
        "functions exactly, which takes time and memory on many rows. A learned encoder comes as "
        "near to them as its functions allow: combinations of given ones, solved for in closed "
        "form (Ritz), or a neural network, trained.",
    ),
    "exact-spectrum": _term(
        "Exact singular value",
        "What the exact encoder of the same context has on the training rows. A learned one can "
        "come near it but not above, except by the error of an estimate; the gap is what it has "
        "not learned.",
    ),
    "fitted-share": _term(
        "Sum of squares attained",
        "Σ s<sub>i</sub>² of the learned coordinates, over that of as many exact ones, on the "
        "training rows. 100 % means that nothing of the contexture is missing there.",
    ),
    "operator-score": _term(
        "Held-out score",
        "Higher is better. The sum of squared singular values that the encoder attains on rows "
        "held out inside the fit, which are not the test rows and need no label. Apart from the "
        "error of an estimate, it is at most the exact Σ s<sub>i</sub>².",
    ),
    "held-out-share": _term(
        "Held-out score attained",
        "The sum of squared singular values that the encoder attains on rows it was not fitted "
        "to, over what the exact encoder attains when it is extended to the same rows. The "
        "fairest of these measures: an encoder can reproduce its training rows and still fall "
        "short here.",
    ),
    "alignment": _term(
        "Alignment",
        "The mean squared canonical correlation between the learned coordinates and as many exact "
        "ones, on the training rows. 1: both span the same functions; 0: they share nothing.",
    ),
    "effective-rank": _term(
        "Effective rank",
        "Along how many directions the encoder's raw outputs vary, before they are made "
        "uncorrelated: the exponential of the entropy of their covariance's eigenvalues. When a "
        "network's falls below the number of coordinates kept, its dimensions have collapsed. The "
        "functions behind a closed-form solution often resemble one another, which is no fault.",
    ),
    "loss": _term(
        "Loss",
        "What the training lowers, in the units of its objective: compare it with itself only.",
    ),
    "step": _term(
        "Training step", "One update of the network's weights, from one batch of training rows."
    ),
}
"""The further terms on the page of a learned encoder, and those that change there."""

PREDICTOR_GLOSSARY: dict[str, Term] = {
    "pool": _term(
        "Pool of models",
        "A weighted average of models that learn in different ways: regression on contexts of all "
        "rows, labelled or not, on plain kernels of the columns, and forests.",
    ),
    "left-out": _term(
        "Left-out predictions",
        "A labelled row predicted by a model that saw all labels but its own (for forests, by the "
        "trees that did not draw it).",
    ),
    "weight": _term(
        "Weight",
        "A model's share in the average. Weights minimise the left-out error and are held to equal "
        "ones, the more so the fewer labels there are.",
    ),
    "left-out-error": _term(
        "Left-out error",
        "Lower is better. Of left-out predictions: for numbers the mean square, in units of the "
        "labels' variance; for classes Brier's score, the squared errors of chances summed over "
        "classes.",
    ),
    "calibration": _term(
        "Calibration error",
        "How far the chance given to the predicted class is from the share of rows for which it is "
        "right, on average over rows, in ten bins. 0 is best; of few rows it is well above that by "
        "chance alone.",
    ),
    "coverage": _term(
        "Within the interval",
        "The share of rows whose number lies in its prediction interval, which should be about the "
        "share that the interval is made for.",
    ),
    "predicted": _term(
        "Predicted rows",
        "Rows whose target is empty. Labelled rows have left-out predictions besides.",
    ),
}
"""The further terms on the page of a run with a predictor."""

DIAGNOSIS_GLOSSARY: dict[str, Term] = {
    "context": GLOSSARY["context"],
    "singular-value": GLOSSARY["singular-value"],
    "learned": _term(
        "Learned",
        "The sum of squared singular values that the encoder attains on fresh rows, over what as "
        "many exact functions, extended to the same rows, attain there. Above 100 % it generalises "
        "better than they do.",
    ),
    "learned-share": _term(
        "Share of a function",
        "How much of the function's variance a linear combination of the encoder's coordinates "
        "explains: R². On fresh rows the combination is that of the fitted rows; below 0 it does "
        "worse there than a constant.",
    ),
    "fresh": _term(
        "Fresh rows",
        "Rows that neither the context nor the exact functions were fitted to. A context that is "
        "made of rows is made anew of one half of them to judge on the other, and the other way "
        "round. Where the encoder itself may have seen them, a note says so.",
    ),
    "dimension": _term(
        "Coordinates",
        "The number of independent coordinates of the encoder. Where fresh rows are few, only the "
        "best combinations of them are judged, beside as many exact functions.",
    ),
    "alignment": LEARNING_GLOSSARY["alignment"],
    "gain": _term(
        "Gain",
        "Better learning: what as many exact functions from the same rows attain beyond the "
        "encoder. More coordinates: what up to twice as many exact functions attain beyond that. "
        "More rows: what exact functions gained from the last doubling of the rows.",
    ),
    "margin": _term(
        "Two standard errors",
        "From leaving out groups of the fresh rows in turn (jackknife), the fitted rows taken as "
        "they are. Smaller differences are not told from none.",
    ),
    "attained": _term(
        "Attained",
        "The ratio trace tr(C<sup>−1</sup>B) of the coordinates on fresh rows: the sum of squared "
        "singular values that their span holds. The bias of few rows is taken away.",
    ),
    "ceiling": _term(
        "All that the context holds",
        "Σ s<sub>i</sub>² over all functions, on the fitted rows: no encoder can exceed it.",
    ),
    "part-width": _term(
        "Width",
        "Σ s<sub>i</sub>² beyond the first d functions. More coordinates could hold some of it; on "
        "fresh rows much of it is noise of the sample.",
    ),
    "part-estimation": _term(
        "Estimation",
        "What d exact functions hold on the fitted rows, less what they attain on fresh ones: they "
        "are those of a sample. More rows make it smaller.",
    ),
    "part-approximation": _term(
        "Approximation",
        "What exact functions attain on fresh rows beyond the best solution in closed form: a "
        "combination of given functions, or of the encoder's own wider outputs.",
    ),
    "part-optimisation": _term(
        "Optimisation",
        "What a solution in closed form attains from the same rows beyond the encoder. It can be "
        "had at once.",
    ),
    "part-learning": _term(
        "Learning",
        "What as many functions from the same rows attain on fresh rows beyond the encoder.",
    ),
}
"""The terms on the page of a diagnosis."""
