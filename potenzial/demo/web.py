"""The process that serves the demo's websites: `python -m potenzial.demo.web SIZE SEED LOG`."""

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from potenzial.demo.answers import Answer, Web
from potenzial.demo.server import Ports
from potenzial.demo.stock import generate

_LOOPBACK: Final = "127.0.0.1"
#: First byte of a TLS handshake (RFC 8446, section 5.1): this web speaks plain HTTP only.
_TLS_HANDSHAKE: Final = b"\x16"
_IDLE_SECONDS: Final = 60


class AccessLog:
    """Writes one JSON line per request: host, path, status, start in seconds, how many ran on the host, agent."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    @contextmanager
    def running(self, host: str) -> Iterator[int]:
        """Count a request as running on a host; gives how many run there, this one included."""
        with self._lock:
            self._running[host] += 1
            together = self._running[host]
        try:
            yield together
        finally:
            with self._lock:
                self._running[host] -= 1

    def write(self, entry: dict[str, object]) -> None:
        """Append a line."""
        line = msgspec.json.encode(entry) + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()


class DemoServer(ThreadingHTTPServer):
    """The server with its websites and its log."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, web: Web, log: AccessLog) -> None:
        super().__init__((_LOOPBACK, 0), Handler)
        self.web = web
        self.log = log


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD over HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    server_version = "DemoWeb"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Headers and body go out together, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Answer a request; a browser that tries TLS is turned away at once instead of after the time limit."""
        if self._speaks_tls():
            self.close_connection = True
            return
        super().handle_one_request()

    def do_GET(self) -> None:
        """Answer with the body."""
        self._serve()

    def do_HEAD(self) -> None:
        """Answer without the body."""
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given by the standard library
        """Say nothing on standard error; requests stand in the access log."""

    def _speaks_tls(self) -> bool:
        try:
            return isinstance(self.rfile, BufferedReader) and self.rfile.peek(1)[:1] == _TLS_HANDSHAKE
        except OSError:
            return True

    def _serve(self) -> None:
        server = cast("DemoServer", self.server)
        host = self.headers.get("Host", "")
        begun = time.time()
        with server.log.running(host) as together:
            answer = server.web.answer(host, self.path)
            time.sleep(answer.wait)
            entry = {"host": host, "path": self.path, "status": answer.status, "at": begun}
        # Counted as done before the last byte is sent: the visitor's next request may follow at once.
        server.log.write(entry | {"concurrent": together, "agent": self.headers.get("User-Agent", "")})
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.wfile.flush()
        except OSError:
            # The visitor has gone, for example because the page was larger than it wanted.
            self.close_connection = True


def main(size: int, seed: int, log_path: Path) -> None:
    """Serve until standard input is closed."""
    web = Web(generate(size, seed))
    with log_path.open("wb") as file, _refusing() as refusing, DemoServer(web, AccessLog(file)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports = Ports(serving=int(server.server_address[1]), refusing=refusing)
        sys.stdout.buffer.write(msgspec.json.encode(ports) + b"\n")
        sys.stdout.buffer.flush()
        sys.stdin.buffer.read()
        server.shutdown()


@contextmanager
def _refusing() -> Iterator[int]:
    """Keep a port that refuses: bound, so that nobody else gets it, but not listening."""
    with socket.socket() as sock:
        sock.bind((_LOOPBACK, 0))
        yield int(sock.getsockname()[1])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
