"""The contract is kept by every context that the package offers."""

from __future__ import annotations

from contexts.cases import CASES, public_contexts, without_case
from contextures.contexts import Context


def test_every_public_context_has_a_case():
    offered = public_contexts()
    assert len(offered) > 15
    assert not without_case(offered)


def test_a_context_without_a_case_is_noticed():
    class Forgotten(Context):
        pass

    offered = {**public_contexts(), "Forgotten": Forgotten}
    assert without_case(offered) == [
        "Forgotten has no case: add a line for it to CASES in tests/contexts/cases.py"
    ]


def test_cases_are_over_public_contexts_and_none_is_fitted():
    offered = set(public_contexts().values())
    assert {type(case.context) for case in CASES.values()} <= offered
    assert not any(case.context.__sklearn_is_fitted__() for case in CASES.values())


def test_every_form_and_both_kinds_of_rows_are_there():
    forms = {case.form for case in CASES.values()}
    assert forms == {"transition", "kernel", "sampler"}
    assert {case.context.takes for case in CASES.values()} == {"array", "index", "any"}
