"""Loggers that never log secrets.

`logging.getLogger("claude_notebook")` is the root of all loggers. At DEBUG, they report how the CLI
was found, started and connected to, the messages received, and the causes of failures. Prompts,
answers, and tool data are logged only at DEBUG, and secrets are never logged.
"""

from __future__ import annotations

import logging
import traceback

__all__ = ["get_logger", "log_failure", "refusal"]


class _Redacting(logging.Filter):
    """Removes secrets from a record and its traceback before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        from .redact import redact  # imported once something is actually logged

        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        # From the exception itself, a handler would learn what has just been removed from its text.
        record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_redacting = _Redacting()


def get_logger(name: str) -> logging.Logger:
    """Return the logger for a module of this package: `get_logger(__name__)`."""
    logger = logging.getLogger(name)
    logger.addFilter(_redacting)
    return logger


def log_failure(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Log the failure of work that no caller awaits.

    The frames are logged at ERROR, and the message at DEBUG.

    An exception's message may quote a prompt, whereas its frames do not.
    """
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error("%s failed: %s\n%s", what, type(error).__name__, frames)
    logger.debug("its message:", exc_info=error)


get_logger("claude_notebook").addHandler(logging.NullHandler())


def refusal(error: BaseException) -> str:
    """Describe an error to the CLI, without secrets."""
    from .redact import redact  # few conversations need it

    return redact(str(error) or repr(error))
