"""The tracking suite tells what became slower or hungrier, by the yardstick of the machine."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import tracking


def line(units, memory, unit=1.0):
    tasks = {"yardstick": (1.0, 0.1), "fit": (units, memory)}
    return {
        "version": "0.1",
        "day": "2026-01-01",
        "tasks": {
            name: {"seconds": each * unit, "units": each, "GB": gb}
            for name, (each, gb) in tasks.items()
        },
    }


@pytest.mark.parametrize(
    ("units", "memory", "said"),
    [
        (2.0, 1.0, []),
        (2.4, 1.05, []),
        (3.0, 1.0, ["fit takes 1.50 times as long"]),
        (2.0, 1.2, ["fit takes 1.20 times the memory"]),
        (1.0, 0.5, []),
    ],
)
def test_only_what_is_beyond_chance_is_called_worse(units, memory, said):
    text, worse = tracking.changes(line(2.0, 1.0), line(units, memory, unit=7.0))
    assert worse == said
    assert f"| fit | {units * 7} | {units} | {units / 2:.2f} | {memory} | {memory:.2f} |" in text


def test_a_task_that_is_new_has_nothing_to_be_compared_with():
    text, worse = tracking.changes(None, line(2.0, 1.0))
    assert worse == [] and "| fit | 2.0 | 2.0 |  | 1.0 |  |" in text


def test_a_line_is_added_and_compared_with_the_one_before(tmp_path, monkeypatch, capsys):
    """Two runs of the suite, with tasks that are stood in for: the second is slower."""
    taken = iter([1.0, 2.0] * 3 + [1.0, 4.0] * 3)
    monkeypatch.setattr(
        tracking.common, "in_fresh_process", lambda _: {"seconds": next(taken), "GB": 0.5}
    )
    monkeypatch.setattr(tracking, "TASKS", {"yardstick": None, "fit": None})
    file = tmp_path / "tracked.jsonl"
    monkeypatch.setattr(sys, "argv", ["tracking", "--file", str(file)])
    tracking.main()
    tracking.main()
    lines = [json.loads(each) for each in file.read_text().splitlines()]
    assert [each["tasks"]["fit"]["units"] for each in lines] == [2.0, 4.0]
    assert "fit takes 2.00 times as long" in capsys.readouterr().out


def test_the_kept_lines_can_be_read():
    for each in tracking.FILE.read_text(encoding="utf-8").splitlines():
        kept = json.loads(each)
        assert (
            set(kept["tasks"]) <= set(tracking.TASKS) and kept["tasks"]["yardstick"]["units"] == 1
        )


def test_a_task_does_its_work_in_this_process():
    found = tracking.one("read_text")
    assert 0 < found["seconds"] < 60 and found["GB"] > 0.01
