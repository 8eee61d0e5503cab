"""What is at an address and no scheduler is said to be none, at once and in one sentence."""

from __future__ import annotations

import socketserver
import subprocess
import sys
import threading

import pytest

from contextures.engines.cluster import connected
from contextures.exceptions import InputError

pytest.importorskip("distributed")


class Web(socketserver.BaseRequestHandler):
    """Answers whatever it is told as a web server does, such as that of a dashboard."""

    def handle(self):
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def web():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def check_refused(address):
    with pytest.raises(InputError) as refused, connected(address):
        pass
    assert str(refused.value).startswith(f"engine: no Dask scheduler answers at {address}; start")


@pytest.mark.parametrize("address", ["tcq://127.0.0.1:1", "tcp://", "tcp://127.0.0.1:none"])
def test_what_is_no_address_is_refused(address):
    check_refused(address)


def test_another_kind_of_server_is_no_want_of_memory(web):
    """Its first bytes are no length of a message."""
    check_refused(web)


def test_a_process_that_was_refused_ends_at_once():
    """A client that was begun in vain would be waited for: 20 seconds, and with a traceback."""
    code = (
        "from contextures.engines.cluster import connected\n"
        "from contextures.exceptions import InputError\n"
        "try:\n"
        "    connected('tcq://127.0.0.1:1').__enter__()\n"
        "except InputError:\n"
        "    print('refused')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=19, check=True
    )
    assert ended.stdout == "refused\n" and "Traceback" not in ended.stderr
