"""A scripted Messages API on loopback, for tests and demonstrations with the real CLI.

The CLI believes that the server is the model service, but its tools, files and processes are real.
The prompt contains the model's answers (`claude_notebook.testing.notation`). If a prompt has no
script, the response is "You said: ...". The only thing that the server stores is how often each
step was requested, so one server can serve many conversations at once.

In a test::

    with ScriptedAPI() as api:
        environment = clean_environment(api.url, home)
        ...  # run the CLI in it, with script("Hello.") as the prompt
        assert api.turns[0].body["model"] == "claude-sonnet-5"

In a shell, run `python -m claude_notebook.testing.scripted_api --port 8765`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType

from .answer import Action, Envelope, Head, plan, plan_error, plan_json
from .dialogue import Cue, read_cue
from .environment import api_variables
from .http_server import Outcome, Request, Server
from .notation import script
from .steps import ScriptError, Status, Use

_STOP_SECONDS = 5.0

CheckHeaders = Callable[[Mapping[str, str]], "int | None"]


class ScriptedAPI:
    """A scripted Messages API in its own thread: a context manager, or `start()` and `stop()`.

    :param port: the port; 0 selects a free one.
    :param keep: the number of latest requests to keep with their bodies; None keeps all.
    :param clock: returns seconds since the epoch.
    :param new_id: creates ids of messages and tool calls from a prefix; unique ones by default.
    :param authorize: receives the headers of each request with their real values, and returns the
        HTTP status to refuse it with, or None.
    :param requests: the requests so far, in order.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        keep: int | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[str], str] | None = None,
        authorize: CheckHeaders | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self._keep = keep
        self._clock = clock
        self.new_id = new_id or _unique_ids()
        self._authorize = authorize
        self._attempts: Counter[tuple[object, ...]] = Counter()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server = Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._serve, name="scripted-api", daemon=True)

    # --- lifecycle ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the server and close all connections, including hanging ones."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(_STOP_SECONDS)
        self._server.end_connections(_STOP_SECONDS)
        self._server.server_close()

    def __enter__(self) -> ScriptedAPI:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    # --- state for tests ------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The value to use for `ANTHROPIC_BASE_URL`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def turns(self) -> list[Request]:
        """The requests for prompts, including retries, but not the CLI's side requests."""
        return [request for request in self.requests if request.kind == "turn"]

    def wait_for(self, condition: Callable[[ScriptedAPI], bool], timeout: float = 10.0) -> bool:
        """Wait at most `timeout` seconds for the requests to meet a condition.

        The condition is tested whenever a request arrives, gets its first byte, or ends.

        :returns: True if the condition was met.
        """
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)

    # --- responses ------------------------------------------------------------------------------

    def check_headers(self, headers: Mapping[str, str]) -> int | None:
        """Return the HTTP status to refuse a request with; None accepts it."""
        return self._authorize(headers) if self._authorize is not None else None

    def begin(self, request: Request) -> Iterable[Action]:
        """Record a request and return the actions for its response."""
        with self._changed:
            self.requests.append(request)
            if self._keep is not None:
                del self.requests[: max(0, len(self.requests) - self._keep)]
            actions = self._route(request)
            self._changed.notify_all()
        return actions

    def note_status(self, request: Request, status: int) -> None:
        """Record a response's status."""
        with self._changed:
            request.status = status

    def note_byte(self, request: Request) -> None:
        """Record the first byte of a response's body."""
        if request.first_byte is None:
            with self._changed:
                request.first_byte = self._clock()
                self._changed.notify_all()

    def note_end(self, request: Request, outcome: Outcome) -> None:
        """Record the end of a response."""
        with self._changed:
            request.outcome, request.ended = outcome, self._clock()
            self._changed.notify_all()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._clock()

    def pause(self, seconds: float) -> bool:
        """Wait, and return True if the server was stopped in the meantime."""
        return self._stopping.wait(seconds)

    def _route(self, request: Request) -> Iterable[Action]:
        if request.method == "HEAD":
            return [Head(200)]
        if request.refusal is not None:
            return self._refuse(request.refusal, "The credential is not accepted.")
        if request.method == "POST" and request.path == "/v1/messages/count_tokens":
            request.kind = "count_tokens"
            return plan_json({"input_tokens": _count_tokens(request)})
        if request.method == "POST" and request.path == "/v1/messages":
            return self._answer(request)
        return self._refuse(404, f"The scripted API has no {request.method} {request.path}.")

    def _answer(self, request: Request) -> Iterable[Action]:
        from_cli = request.headers.get("user-agent", "").startswith("claude-cli")
        try:
            cue = read_cue(request.body, from_cli=from_cli)
        except ScriptError as error:
            return self._refuse(400, str(error))
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            return self._refuse(400, f"This is not a Messages API request: {error!r}.")
        request.kind, request.step = cue.kind, cue.number
        failure = cue.step.failure(self._attempt(request, cue))
        return plan(cue.step, failure, self._envelope(request))

    def _attempt(self, request: Request, cue: Cue) -> int:
        """Count earlier requests for this step."""
        session = str(request.body.get("metadata"))
        key = (session, request.headers.get("x-claude-code-agent-id"), *cue.place)
        self._attempts[key] += 1
        return self._attempts[key] - 1

    def _envelope(self, request: Request) -> Envelope:
        return Envelope(
            model=str(request.body.get("model", "scripted")),
            stream=bool(request.body.get("stream")),
            input_tokens=_count_tokens(request),
            new_id=self.new_id,
        )

    def _refuse(self, status: int, message: str) -> Iterable[Action]:
        return plan_error(Status(status, message=message))


def _unique_ids() -> Callable[[str], str]:
    """Create ids that are unique across servers, as another one may continue a conversation."""
    own = secrets.token_hex(6)
    numbers = itertools.count(1)
    return lambda prefix: f"{prefix}_{own}{next(numbers):06d}"


def _count_tokens(request: Request) -> int:
    """Estimate the number of tokens as the number of bytes divided by four."""
    return int(request.headers.get("content-length") or 0) // 4


# --- command line -------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C, after printing the variables that point the CLI here."""
    parser = argparse.ArgumentParser(
        prog="python -m claude_notebook.testing.scripted_api",
        description="A scripted Messages API on loopback: the prompt contains the model's answers.",
        epilog="Example prompt: " + script(Use("Bash", {"command": "ls"}), "Done."),
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the port to listen on; 0 selects a free one"
    )
    port = parser.parse_args(arguments).port
    try:
        api = ScriptedAPI(port, keep=1)
    except OSError as error:
        parser.exit(1, f"Port {port}: {error.strerror}. Choose another port, or omit --port.\n")
    with api, contextlib.suppress(KeyboardInterrupt):
        for name, value in api_variables(api.url).items():
            print(f"export {name}={value}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
