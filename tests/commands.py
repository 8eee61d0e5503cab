"""Commands as a person types them, run in this process."""

from __future__ import annotations

import sys

from contextures.cli.app import main


def run(monkeypatch, *arguments):
    """Run a command in this process; give its exit code."""
    monkeypatch.setattr(sys, "argv", ["contextures", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        return stop.code or 0
    return 0
