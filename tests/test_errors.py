"""Exceptions give the cause and the next step."""

import copy
import pickle

import pytest

from claude_notebook import errors
from claude_notebook.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BillingError,
    CLIConnectionError,
    CLIJSONDecodeError,
    CLINotFoundError,
    CLINotUsableError,
    ControlRequestError,
    ControlTimeoutError,
    InvalidRequestError,
    OptionsError,
    OverloadedError,
    PermissionDeniedError,
    ProcessError,
    RateLimitError,
    ResultError,
    ServerError,
    api_error,
)
from claude_notebook.messages import ResultMessage


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, None, InvalidRequestError),
        (401, None, AuthenticationError),
        (402, "billing_error", BillingError),
        (403, None, PermissionDeniedError),
        (404, "model_not_found", InvalidRequestError),
        (413, None, InvalidRequestError),
        (422, None, InvalidRequestError),
        (429, "rate_limit", RateLimitError),
        (500, None, ServerError),
        (502, "unknown", ServerError),
        (529, None, OverloadedError),
        (418, None, APIError),
        (None, "authentication_failed", AuthenticationError),
        (None, "oauth_org_not_allowed", AuthenticationError),
        (None, "rate_limit", RateLimitError),
        (None, "overloaded", OverloadedError),
        (None, "server_error", ServerError),
        (None, "invalid_request", InvalidRequestError),
        (None, "connection_failed", APIConnectionError),
        (None, "unknown", APIConnectionError),
        (None, None, APIConnectionError),
        (None, "something_new", APIError),
    ],
)
def test_api_error_selects_class(status, code, kind):
    result = ResultMessage(is_error=True)
    error = api_error("It said no.", status=status, code=code, result=result, retry_after=3.0)

    assert type(error) is kind
    assert str(error) == f"It said no. {error.advice}"
    assert (error.status, error.result_message, error.retry_after) == (status, result, 3.0)
    assert error.advice.endswith(".")


@pytest.mark.parametrize(
    ("error", "text", "fields"),
    [
        (OptionsError("no", field="model"), "no", {"field": "model"}),
        (CLINotFoundError(), "pip install claude-agent-sdk", {"searched": ()}),
        (CLINotFoundError("gone", cli_path="/x"), "gone: /x", {}),
        (CLINotFoundError("gone", "/x"), "gone: /x", {"searched": ()}),
        (CLINotUsableError("old", path="/x"), "old", {"path": "/x"}),
        (ControlTimeoutError("interrupt", 5.0), "within 5 s", {"request": "interrupt"}),
        (ControlRequestError("set_model", "no"), "refused 'set_model': no", {}),
        (ProcessError("ended"), "ended", {"exit_code": None, "stderr": None}),
        (ProcessError("ended", 0), "ended (exit code 0)", {"exit_code": 0}),
        (
            ProcessError("ended", -9, "x" * 5000 + "the end\n"),
            "Standard error:\n",
            {"exit_code": -9},
        ),
        (CLIJSONDecodeError("x" * 500), "'" + "x" * 100 + "'", {"line": "x" * 200}),
        (CLIJSONDecodeError("{", ValueError("why")), "(why)", {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_have_message_and_fields(error, text, fields):
    assert text in str(error)
    assert len(str(error)) < 2500
    assert {name: getattr(error, name) for name in fields} == fields


RESULT = ResultMessage(
    subtype="error_during_execution",
    is_error=True,
    session_id="s",
    terminal_reason="api_error",
    result="It broke.",
    errors=[" why ", "", "and why"],
    api_error_status=529,
)
REASONS = ["subtype", "errors", "result", "api_error_status", "terminal_reason", "session_id"]


@pytest.mark.parametrize(
    ("error", "reasons"),
    [
        (
            ResultError("no", result_message=RESULT),
            ("error_during_execution", ["why", "and why"], "It broke.", 529, "api_error", "s"),
        ),
        (
            api_error("no", status=529, result=RESULT),
            ("error_during_execution", ["why", "and why"], "It broke.", 529, "api_error", "s"),
        ),
        (ResultError("no", {"subtype": "x", "errors": "why"}, 1), ("x", ["why"], *[None] * 4)),
        (ResultError("no", {"subtype": 5, "errors": [5]}), (None, [], *[None] * 4)),
        (ResultError("no"), (None, [], *[None] * 4)),
        (api_error("no"), (None, [], *[None] * 4)),
    ],
)
def test_result_error_copies_reasons(error, reasons):
    assert tuple(getattr(error, name) for name in REASONS) == reasons
    assert error.data.get("session_id") == error.session_id
    assert None not in error.data.values()
    assert isinstance(error, ProcessError)


def test_result_error_fields():
    error = ResultError("no", {"subtype": "x"}, 1)
    assert (str(error), error.exit_code, error.result_message) == ("no (exit code 1)", 1, None)
    assert ResultError("no", result_message=RESULT).result_message is RESULT


def test_process_error_shows_end_of_stderr_and_keeps_all():
    error = ProcessError("ended", 1, "first" + "x" * 5000 + "last")

    assert str(error).endswith("last")
    assert "first" not in str(error)
    assert error.stderr.startswith("first")


@pytest.mark.parametrize(
    ("kind", "also"),
    [
        (OptionsError, ValueError),
        (ControlTimeoutError, TimeoutError),
        (CLINotFoundError, CLIConnectionError),
        (errors.SessionNotFoundError, CLIConnectionError),
        (errors.SessionNotFoundError, FileNotFoundError),
        (errors.SessionStoreError, RuntimeError),
        (APIError, ResultError),
        (ResultError, ProcessError),
        (errors.TransportClosedError, CLIConnectionError),
        (errors.TurnTimeoutError, TimeoutError),
        (AuthenticationError, APIError),
    ],
)
def test_errors_have_base_classes(kind, also):
    assert issubclass(kind, also)


@pytest.mark.parametrize(
    "error",
    [
        OptionsError("no", field="model"),
        ProcessError("ended", 1, "why"),
        ControlTimeoutError("interrupt", 5.0),
        ControlRequestError("set_model", "no"),
        CLIJSONDecodeError("{", ValueError("why")),
        CLINotFoundError("gone", searched=("a",)),
        api_error("no", status=429, retry_after=1.0),
        errors.TurnTimeoutError("idle_timeout", 5.0),
        errors.ToolInputError(["a: missing"]),
        errors.SessionNotFoundError("gone"),
        ResultError("no", {"subtype": "success", "errors": ["why"]}, 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_copied_and_pickled(error):
    """Copies go to other processes, such as a notebook or a worker."""
    for duplicate in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(duplicate) is type(error)
        assert str(duplicate) == str(error)
        assert {k: str(v) for k, v in vars(duplicate).items()} == {
            k: str(v) for k, v in vars(error).items()
        }
