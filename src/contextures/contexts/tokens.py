"""Text as a context: rows of token numbers, masked or split into a prefix and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Array, IntArray
from contextures._checks import check_positive_int
from contextures._lazy import optional
from contextures.contexts.draws import Draws
from contextures.contexts.pairs import PairContext
from contextures.contexts.samplers import SamplerContext, check_rate, check_width
from contextures.exceptions import InputError

PAD, MASK, UNKNOWN = 0, 1, 2
"""The numbers of the tokens that fill a row up, hide a token, and stand for an unknown one."""


class TextTokenizer(TransformerMixin, BaseEstimator):
    """Turn texts into rows of token numbers, by a vocabulary learned from texts.

    Byte-pair encoding of lower-case words: frequent words are one token, others are put together
    from pieces. Nothing is downloaded.

    Parameters
    ----------
    vocabulary_size : int, default=2000
        Tokens at most, the three special ones among them.
    max_length : int, default=64
        Tokens kept of a text; shorter texts are filled up with ``PAD``.

    Attributes
    ----------
    tokenizer_ : tokenizers.Tokenizer
        The fitted tokenizer.
    vocabulary_size_ : int
        How many tokens there are.

    Notes
    -----
    Needs the tokenizers library (``pip install contextures[text]``).

    References
    ----------
    Sennrich, Haddow and Birch, arXiv 1508.07909.

    Examples
    --------
    >>> from contextures.contexts import TextTokenizer
    >>> tokenizer = TextTokenizer(max_length=4).fit(["a cat", "a dog and a cat"])
    >>> tokenizer.transform(["a cat"]).shape
    (1, 4)
    >>> tokenizer.texts(tokenizer.transform(["A dog"]))
    ['a dog']
    """

    tokenizer_: Any
    vocabulary_size_: int

    def __init__(self, vocabulary_size: int = 2000, max_length: int = 64) -> None:
        self.vocabulary_size = vocabulary_size
        self.max_length = max_length

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn a vocabulary.

        Parameters
        ----------
        X : sequence of str
            Texts.
        y : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        Self
            The fitted tokenizer.
        """
        check_positive_int(self.vocabulary_size, "vocabulary_size", least=4)
        check_positive_int(self.max_length, "max_length")
        texts = _check_texts(X)
        with optional("TextTokenizer"):
            import tokenizers
        special = ["[PAD]", "[MASK]", "[UNK]"]
        made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=special[UNKNOWN]))
        made.normalizer = tokenizers.normalizers.Sequence(
            [tokenizers.normalizers.NFKC(), tokenizers.normalizers.Lowercase()]
        )
        made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
        made.decoder = tokenizers.decoders.Metaspace()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=self.vocabulary_size, special_tokens=special, show_progress=False
        )
        made.train_from_iterator(texts, trainer)
        made.enable_truncation(self.max_length)
        made.enable_padding(pad_id=PAD, pad_token=special[PAD], length=self.max_length)
        self.tokenizer_ = made
        self.vocabulary_size_ = made.get_vocab_size()
        return self

    def transform(self, X: Any) -> IntArray:
        """Turn texts into token numbers.

        Parameters
        ----------
        X : sequence of str
            Texts.

        Returns
        -------
        ndarray of int of shape (n, max_length)
            Their tokens; ``PAD`` after the last.
        """
        check_is_fitted(self)
        encoded = self.tokenizer_.encode_batch(_check_texts(X))
        return np.array([text.ids for text in encoded], dtype=np.int64)

    def texts(self, X: Any) -> list[str]:
        """Turn token numbers back into texts, special tokens left out.

        Parameters
        ----------
        X : array-like of int of shape (n, length)
            Tokens.

        Returns
        -------
        list of str
            Texts.
        """
        check_is_fitted(self)
        decoded: list[str] = self.tokenizer_.decode_batch(np.asarray(X).tolist())
        return decoded


class MaskedTokensContext(SamplerContext):
    """A is the text x with random tokens hidden.

    X has a row of token numbers a text, and so has A: each token, apart from filling, becomes
    ``mask_token`` with chance ``mask_rate``.

    Parameters
    ----------
    mask_rate : float, default=0.15
        The chance that a token is hidden, between 0 and 1.
    mask_token : int, default=1
        What a hidden token becomes; a number that X does not hold.
    pad_token : int, default=0
        What fills rows up; it is never hidden.

    Notes
    -----
    For tokens independent and uniform over V symbols, the singular values are
    (1 - mask_rate)^(k/2), as often as there are k places times (V - 1)^k.

    References
    ----------
    Devlin et al., arXiv 1810.04805 (where a tenth of the chosen tokens stay, and another tenth
    are drawn anew); arXiv 2504.19792, table 1.1. The singular values are derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import MaskedTokensContext
    >>> tokens = np.array([[5, 6, 7, 0], [8, 9, 0, 0]])
    >>> MaskedTokensContext(0.5).fit(tokens).sample(tokens, np.random.default_rng(0))
    array([[5, 1, 1, 0],
           [8, 9, 0, 0]])
    """

    takes = "any"
    kind = "texts with hidden tokens"
    meaning = "Texts are alike when they share most words, whichever of them are hidden."
    law = "A = the text x with each token hidden with chance α"

    def __init__(
        self, mask_rate: float = 0.15, mask_token: int = MASK, pad_token: int = PAD
    ) -> None:
        self.mask_rate = mask_rate
        self.mask_token = mask_token
        self.pad_token = pad_token

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the texts with {self.mask_rate:.0%} of tokens hidden"

    @property
    def added_tokens(self) -> tuple[int, ...]:
        """Tokens that A may hold and X does not: the one that hides others."""
        return (self.mask_token,)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows of tokens; see :meth:`Context.fit`."""
        check_rate(self.mask_rate, "mask_rate")
        if self.mask_token == self.pad_token:
            raise InputError(
                f"mask_token={self.mask_token!r} is the pad_token too; give different numbers"
            )
        tokens = check_tokens(X)
        if (tokens == self.mask_token).any():
            raise InputError(
                f"X holds the mask_token {self.mask_token} already; give a number that no token has"
            )
        self.n_features_in_ = tokens.shape[1]
        self.input_weights_ = np.full(len(tokens), 1.0 / len(tokens))
        return self

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Hide tokens; see :meth:`Context.draw_views`."""
        check_width(self, X)
        hidden = draws.chance(self.mask_rate, n_views, *X.shape) & (self.pad_token != X)
        return draws.of.where(hidden, self.mask_token, X)


class NextTokensContext(PairContext):
    """X is the last tokens of a prefix of a text, A the next ones.

    The pairs are what there is to learn from, so they are made first and fitted as pairs:
    ``X, A = context.pairs(tokens)``, then ``encoder.fit(X, A)``. With one next token the pairs
    have a transition: the law of the next token after each prefix.

    Parameters
    ----------
    prefix_length : int, default=8
        Tokens of a prefix; the first prefixes of a text are filled up with ``pad_token`` in front.
    n_next : int, default=1
        Tokens of A.
    pad_token : int, default=0
        What fills rows up.
    handle_unknown : {"ignore", "error"}, default="ignore"
        As in :class:`PairContext`.

    References
    ----------
    arXiv 2504.19792, table 1.1.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import NextTokensContext
    >>> X, A = NextTokensContext(prefix_length=2).pairs(np.array([[5, 6, 7, 0]]))
    >>> X.tolist(), A.tolist()
    ([[0, 5], [5, 6]], [6, 7])
    """

    kind = "following tokens"
    meaning = "Beginnings of texts are alike when they go on in the same way."
    law = "A = the tokens that follow the tokens x"
    label = "the tokens that follow"

    def __init__(
        self,
        prefix_length: int = 8,
        n_next: int = 1,
        pad_token: int = PAD,
        handle_unknown: Any = "ignore",
    ) -> None:
        self.prefix_length = prefix_length
        self.n_next = n_next
        self.pad_token = pad_token
        self.handle_unknown = handle_unknown

    def pairs(self, tokens: Any) -> tuple[IntArray, IntArray]:
        """Make a pair of every place in every text, the first tokens apart.

        Parameters
        ----------
        tokens : array-like of int of shape (n, length)
            Texts, filled up at the end.

        Returns
        -------
        X : ndarray of int of shape (N, prefix_length)
            Prefixes, text by text.
        A : ndarray of int of shape (N,) or (N, n_next)
            What follows them.
        """
        prefix = check_positive_int(self.prefix_length, "prefix_length")
        n_next = check_positive_int(self.n_next, "n_next")
        rows = check_tokens(tokens)
        padded = np.pad(rows, ((0, 0), (prefix - 1, 0)), constant_values=self.pad_token)
        if padded.shape[1] < prefix + n_next:
            raise InputError(
                f"texts of {rows.shape[1]} token(s) have no {n_next} that follow a prefix; give "
                "longer ones"
            )
        windows = np.lib.stride_tricks.sliding_window_view(padded, prefix + n_next, axis=1)
        whole = windows[windows[..., -1] != self.pad_token]
        if len(whole) == 0:
            raise InputError(f"no text has {n_next + 1} tokens; give longer ones")
        following = whole[:, prefix:]
        return whole[:, :prefix], following[:, 0] if n_next == 1 else following

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to pairs; see :meth:`PairContext.fit`."""
        if y is None:
            raise InputError("prefixes need what follows: X, A = context.pairs(tokens), then fit")
        return super().fit(X, y)


def check_tokens(X: Any) -> IntArray:
    """Give ``X`` as rows of whole numbers of at least zero, or say what is wrong with it."""
    if isinstance(X, str):
        X = [X]
    try:
        tokens = np.asarray(X)
    except ValueError:  # rows of several lengths
        raise InputError("X must be rows of token numbers of one length; pad them") from None
    if tokens.dtype.kind not in "iufb":
        raise InputError(
            "X holds no token numbers; turn texts into them with "
            "TextTokenizer().fit_transform(texts)"
        )
    if tokens.ndim != 2 or 0 in tokens.shape:
        raise InputError(f"X must be rows of token numbers; its shape is {tokens.shape}")
    if (tokens < 0).any() or not np.array_equal(tokens, np.floor(tokens)):
        raise InputError("X must hold token numbers: whole ones of at least zero")
    return tokens.astype(np.int64)


def _check_texts(X: Any) -> Sequence[str]:
    if not isinstance(X, Iterable):
        raise InputError(f"X must be a list of texts, not a {type(X).__name__}; give strings")
    texts = [] if isinstance(X, str) else list(X)
    other = next((text for text in texts if not isinstance(text, str)), None)
    if not texts or other is not None:
        what = "one text" if isinstance(X, str) else f"{other!r}" if texts else "nothing"
        raise InputError(f"X must be a list of texts, but it holds {what}; give strings")
    return texts
