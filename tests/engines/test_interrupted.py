"""A cluster of this machine that is interrupted from the keyboard ends without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs signals that wait"),
]

CODE = """
import time
from contextures.engines.cluster import local
if __name__ == "__main__":
    try:
        with local(2) as client:
            client.wait_for_workers(2, timeout=60)
            print("begun", flush=True)
            client.submit(time.sleep, 60).result()
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_an_interrupt_is_told_to_workers_too_and_they_say_nothing(tmp_path):
    """As a terminal does; no matter where each of them was."""
    script = tmp_path / "script.py"
    script.write_text(CODE)
    running = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert running.stdout.readline() == "begun\n"
        os.killpg(running.pid, signal.SIGINT)
        said, wrong = running.communicate(timeout=60)
    finally:
        running.kill()
    assert said == "interrupted\n"
    assert wrong == ""
