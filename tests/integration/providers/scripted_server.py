"""An HTTP server on this machine that answers as the test says."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


Reply = Callable[[Request], Answer]


@dataclass
class ScriptedServer:
    """The first requests get `answers`, in order; the others what `reply` makes of them."""

    reply: Reply
    answers: Sequence[Answer] = ()
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        number = len(self.requests) - 1
        return self.answers[number] if number < len(self.answers) else self.reply(request)


@contextmanager
def scripted_server(reply: Reply, answers: Sequence[Answer] = ()) -> Iterator[ScriptedServer]:
    script = ScriptedServer(reply, answers)
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.path, dict(self.headers), orjson.loads(body))
            answer = script.answer(request)
            closing.wait(answer.delay_s)
            is_text = isinstance(answer.body, bytes)
            content = answer.body if is_text else orjson.dumps(answer.body)
            assert isinstance(content, bytes)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
