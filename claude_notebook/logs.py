"""Loggers without secrets.

`logging.getLogger("claude_notebook")` is the root of all loggers. At DEBUG, they report how the CLI
was found, started and connected to, the messages received, and the causes of failures. Prompts,
answers, and tool data are logged at DEBUG only; secrets are never logged.
"""

from __future__ import annotations

import logging
import traceback

__all__ = ["get_logger", "log_failure", "refusal"]


class _Redacting(logging.Filter):
    """Takes secrets out of a record before any handler sees it, also out of its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        from .redact import redact  # when something is logged at all

        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        # The exception itself would tell a handler what has just been taken out of its text.
        record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_redacting = _Redacting()


def get_logger(name: str) -> logging.Logger:
    """The logger for a module of this package: `get_logger(__name__)`."""
    logger = logging.getLogger(name)
    logger.addFilter(_redacting)
    return logger


def log_failure(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Log the failure of work that no caller awaits: the frames at ERROR, the message at DEBUG.

    An exception's message may quote a prompt. Its frames do not.
    """
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error("%s failed: %s\n%s", what, type(error).__name__, frames)
    logger.debug("its message:", exc_info=error)


get_logger("claude_notebook").addHandler(logging.NullHandler())


def refusal(error: BaseException) -> str:
    """Describe an error to the CLI, without secrets."""
    from .redact import redact  # few conversations need it

    return redact(str(error) or repr(error))
