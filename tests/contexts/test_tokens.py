"""Text as a context: tokenizing, masking, and what follows a prefix."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from sklearn.base import clone

import oracles
from contextures.contexts import MaskedTokensContext, NextTokensContext, TextTokenizer
from contextures.contexts.tokens import MASK, PAD, UNKNOWN
from contextures.exceptions import InputError
from contextures.spectrum import decompose

TEXTS = [
    "the cat sat on the mat",
    "The dog sat on the cat!",
    "a mat is on the floor, and a dog",
    "hello",
]


@pytest.fixture(scope="module")
def tokenizer():
    pytest.importorskip("tokenizers")
    return TextTokenizer(vocabulary_size=60, max_length=12).fit(TEXTS)


def test_texts_become_rows_of_tokens_and_come_back(tokenizer):
    tokens = tokenizer.transform(["The cat sat", ""])
    assert tokens.shape == (2, 12)
    assert (tokens[1] == PAD).all()
    filled = tokens[0] != PAD
    assert (np.diff(filled.astype(int)) <= 0).all()  # filled up at the end only
    assert tokenizer.texts(tokens) == ["the cat sat", ""]
    assert tokens.max() < tokenizer.vocabulary_size_ <= 60
    assert (tokenizer.transform(["xylophone ξ"]) == UNKNOWN).any()
    assert not (tokenizer.transform(TEXTS) == MASK).any()


def test_tokenizers_repeat_and_survive_cloning_and_pickling(tokenizer):
    again = clone(tokenizer).fit(TEXTS)
    np.testing.assert_array_equal(again.transform(TEXTS), tokenizer.transform(TEXTS))
    copied = pickle.loads(pickle.dumps(tokenizer))
    np.testing.assert_array_equal(copied.transform(TEXTS), tokenizer.transform(TEXTS))


def test_tokenizers_say_what_they_need():
    with pytest.raises(InputError, match="vocabulary_size=3"):
        TextTokenizer(vocabulary_size=3).fit(TEXTS)
    for bad, held in (("one", "one text"), ([], "nothing"), ([1.5], "1.5")):
        with pytest.raises(InputError, match=f"holds {held}"):
            TextTokenizer().fit(bad)


def test_masked_tokens_hide_what_is_not_filling_at_their_rate(tokenizer):
    tokens = tokenizer.transform(TEXTS)
    context = MaskedTokensContext(0.3).fit(tokens)
    drawn = context.sample(tokens, np.random.default_rng(0), 2000)
    assert drawn.dtype == tokens.dtype
    hidden = drawn == MASK
    assert not hidden[:, tokens == PAD].any()
    np.testing.assert_array_equal(drawn[~hidden], np.broadcast_to(tokens, drawn.shape)[~hidden])
    assert hidden[:, tokens != PAD].mean() == pytest.approx(0.3, abs=0.01)


def test_masked_tokens_are_drawn_as_tensors_of_whole_numbers():
    torch = pytest.importorskip("torch")
    tokens = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0]])
    context = MaskedTokensContext(0.3).fit(tokens.numpy())
    drawn = context.sample_rows(
        tokens, torch.tensor([0, 1, 1]), torch.Generator().manual_seed(0), 2
    )
    assert drawn.dtype == torch.int64
    assert drawn.shape == (2, 3, 4)
    rate = (context.sample(tokens, torch.Generator().manual_seed(1), 4000) == MASK).float().mean()
    assert rate.item() == pytest.approx(0.3 * 5 / 8, abs=0.01)


def test_masked_tokens_have_the_closed_form_of_general_alphabets():
    """Closed form 7: s = (1 - rate)^(k / 2), C(3, k) 2^k times for three symbols at 3 places."""
    tokens = np.array(list(itertools.product([3, 4, 5], repeat=3)))
    values = decompose(MaskedTokensContext(0.4), tokens, 18).singular_values
    np.testing.assert_allclose(values, [0.6**0.5] * 6 + [0.6] * 12, atol=0.02)


def test_prefixes_pair_with_what_follows_them():
    tokens = np.array([[5, 6, 7, 8], [9, 4, 0, 0], [3, 0, 0, 0]])
    X, A = NextTokensContext(prefix_length=2).pairs(tokens)
    assert X.tolist() == [[0, 5], [5, 6], [6, 7], [0, 9]]
    assert A.tolist() == [6, 7, 8, 4]
    X, A = NextTokensContext(prefix_length=3, n_next=2).pairs(tokens)
    assert X.tolist() == [[0, 0, 5], [0, 5, 6]]
    assert A.tolist() == [[6, 7], [7, 8]]


def test_the_next_token_of_a_walk_has_the_spectrum_of_the_walk():
    """Closed form 13: a lazy walk on a cycle, (1 + cos(2 pi j / N)) / 2."""
    rng = np.random.default_rng(0)
    steps = rng.choice([-1, 0, 0, 1], (2000, 64)).cumsum(axis=1)
    tokens = (steps + rng.integers(0, 8, (2000, 1))) % 8 + 3
    context = NextTokensContext(prefix_length=1)
    X, A = context.pairs(tokens)
    expected = oracles.descending((1 + np.cos(2 * np.pi * np.arange(1, 8) / 8)) / 2)
    spectrum = decompose(context, X, 6, y=A)
    np.testing.assert_allclose(spectrum.singular_values, expected[:6], atol=0.02)
    # The walk has no memory: a longer prefix tells no more, beyond what 28 values a prefix fit.
    longer = NextTokensContext(prefix_length=2)
    X, A = longer.pairs(tokens)
    np.testing.assert_allclose(
        decompose(longer, X, 4, y=A).singular_values, expected[:4], atol=0.03
    )


BAD = [
    (lambda: MaskedTokensContext().fit(["a text"]), r"TextTokenizer\(\)\.fit_transform"),
    (lambda: MaskedTokensContext().fit([[1, 5]]), "mask_token 1 already"),
    (lambda: MaskedTokensContext(mask_rate=0).fit([[3, 5]]), "mask_rate=0"),
    (lambda: MaskedTokensContext(mask_token=0).fit([[3, 5]]), "mask_token=0 is the pad_token"),
    (lambda: MaskedTokensContext().fit([3, 5]), r"its shape is \(2,\)"),
    (lambda: MaskedTokensContext().fit([[0.5, 1]]), "whole ones"),
    (lambda: MaskedTokensContext().fit([[-1, 2]]), "of at least zero"),
    (lambda: NextTokensContext().fit([[3, 5]]), r"context\.pairs\(tokens\)"),
    (lambda: NextTokensContext(0).pairs([[3, 5]]), "prefix_length=0"),
    (lambda: NextTokensContext().pairs([[3], [4]]), "give longer ones"),
    (lambda: NextTokensContext(n_next=2).pairs([[3, 4, 0]]), "no text has 3 tokens"),
]


@pytest.mark.parametrize(("attempt", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_input_is_named_with_the_mend(attempt, message):
    with pytest.raises(InputError, match=message):
        attempt()
