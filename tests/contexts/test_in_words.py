"""Every context says when two inputs are alike, for readers who know no formula."""

from __future__ import annotations

import re

import pytest

from contexts.cases import CASES
from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.registry import words


def n_parts(context):
    """How many contexts a mix was made of, itself included where it is none."""
    if not isinstance(context, Mix):
        return 1
    return n_parts(context.left) + n_parts(context.right)


@pytest.mark.parametrize("name", CASES)
def test_every_context_says_when_inputs_are_alike(name):
    context = CASES[name].context
    assert re.fullmatch(r"[A-Z][^.]* alike when [^.]+\.", context.meaning)
    assert not re.search(r"[=‖σγ|]|P\+", context.meaning), "no formula in plain words"
    assert len(context.meaning) < 170 * n_parts(context)
    assert context.law
    assert "\n" not in context.law


def test_contexts_with_a_short_form_have_words():
    """What the command line takes, the first screen of a report can say."""
    own = [
        kind for kind in words(brackets=False).values() if kind.__module__.startswith("contextu")
    ]
    assert len(own) >= 5
    assert all(kind.meaning and kind.law for kind in own)


def test_masked_contexts_say_what_their_base_does():
    near, close = MaskContext(KNNContext(5), 0.5), MaskContext(RBFContext(), 0.2)
    assert near.meaning.startswith(KNNContext.meaning.removesuffix("."))
    assert "50% of the columns are hidden" in near.meaning
    assert close.meaning != near.meaning
    assert RBFContext.law in close.law
    assert "alike" in MaskContext(None).meaning


def test_a_context_defined_elsewhere_may_stay_silent():
    class OwnContext(Context):
        def fit(self, X, y=None):
            return self

    assert (OwnContext().meaning, OwnContext().law) == ("", "")
