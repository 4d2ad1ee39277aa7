"""The tasks that answer the CLI's control requests."""

from __future__ import annotations

import contextlib

import anyio

from ...concurrency.tasks import BackgroundTask, running_asyncio, spawn
from ...errors import TransportClosedError
from ...logs import get_logger, log_failure, refusal
from ...protocol.connection import Connection
from ...protocol.control import ControlCancel, ControlRequest
from ...transport import Transport
from ...transport.base import Origin
from ..callback_failures import failure_notice
from ..inbox import MessageInbox
from ..tracing import Trace
from .consent import is_answerable
from .handlers import Handlers

log = get_logger(__name__)


class Answers:
    """Answers each control request exactly once, in a separate task.

    :param transport: carries the answers
    :param connection: encodes the answers
    :param handlers: computes the answers
    :param inbox: receives a notice about each failed callback
    :param trace: the conversation's spans, if it is traced
    """

    def __init__(
        self,
        transport: Transport,
        connection: Connection,
        handlers: Handlers,
        inbox: MessageInbox,
        trace: Trace | None,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._handlers = handlers
        handlers.report = self.report
        self._inbox = inbox
        self._trace = trace
        self._tasks: dict[str, BackgroundTask] = {}
        self._is_closing = False
        self.failed_ids: set[str] = set()

    @property
    def has_pending(self) -> bool:
        """True if any of the CLI's requests is still unanswered."""
        return bool(self._tasks)

    def start(self, request: ControlRequest) -> None:
        """Answer `request` in the background."""
        origin = self._transport.origin
        if not is_answerable(origin, request):
            return

        async def answer() -> None:
            try:
                data = await self._answer(request, is_rerun=origin is Origin.TOOLS_RUN)
                if data:
                    await self._transport.send(data)
            except TransportClosedError:
                log.debug("the answer to %s is too late: the conversation has ended", subtype)
            except (SystemExit, KeyboardInterrupt) as error:
                if running_asyncio() is not None:
                    raise
                self._inbox.put(error)  # trio would report an internal error instead
            finally:
                self._tasks.pop(request.request_id, None)

        subtype = request.subtype
        log.debug("request of the CLI: %s", subtype)
        with self._trace.inside(request) if self._trace else contextlib.nullcontext():
            task = spawn(answer, f"answer {subtype}")
        if not task.done:  # an eager task may have ended already
            self._tasks[request.request_id] = task

    def withdraw(self, cancel: ControlCancel) -> None:
        """Cancel the answer to a request that the CLI has withdrawn."""
        task = self._tasks.get(cancel.request_id)
        if task is not None:
            task.cancel()

    def mark_closing(self) -> None:
        """Stop rejecting requests whose handlers are cancelled; the CLI expects no more answers."""
        self._is_closing = True

    def cancel(self) -> None:
        """Cancel all open answers."""
        for task in list(self._tasks.values()):
            task.cancel()

    def report(self, label: str, error: BaseException, effect: str) -> None:
        """Log a failure in user code, and add a notice about it to the inbox."""
        log_failure(log, label, error)
        self._inbox.put(failure_notice(label, error, effect))

    async def _answer(self, request: ControlRequest, *, is_rerun: bool) -> bytes:
        try:
            answer = await self._handlers.answer(request, is_rerun=is_rerun)
            return self._connection.send_answer(request.request_id, answer)
        except Exception as error:  # noqa: BLE001  the CLI waits for an answer to every request
            self._report_failure(request, error)
            return self._connection.send_refusal(request.request_id, refusal(error))
        except anyio.get_cancelled_exc_class():
            task = self._tasks.get(request.request_id)
            if task is None or task.cancelled or self._is_closing:
                raise
            # The handler cancelled its own work rather than the request, so the CLI still needs an
            # answer.
            return self._connection.send_refusal(request.request_id, "the handler was cancelled")

    def _report_failure(self, request: ControlRequest, error: Exception) -> None:
        callback = self._handlers.failed_callback(request, error)
        if callback is None:
            log.warning("cannot answer the request %s: %s", request.subtype, error)
            return
        self.failed_ids.add(str(request.request.get("callback_id")))
        label, effect = callback
        self.report(label, error, effect)
