"""Errors for failed turns, most of which are caused by the model service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .sdk import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..messages import JSON, JSONObject, ResultMessage

_T = TypeVar("_T")


LIMITS = {
    "error_max_turns": "max_turns",
    "error_max_budget_usd": "max_budget_usd",
    "error_max_structured_output_retries": "output_format",
}
"""The results of turns that ended at a limit, and the option that sets each limit."""


class ResultError(ProcessError):
    """A turn has failed. The preceding `ResultMessage` gives the reason.

    :param subtype: "error_during_execution", or "success" if the service failed.
    :param errors: the CLI's error messages; may be empty.
    :param result: the result's text, if there is one.
    :param api_error_status: the HTTP status, if the model service rejected the request.
    :param terminal_reason: why the turn ended, such as "api_error".
    :param session_id: the conversation's id.
    :param data: the result's fields by name, except for None values.
    :param result_message: the `ResultMessage`, or None.
    """

    def __init__(
        self,
        message: str,
        data: JSONObject | None = None,
        exit_code: int | None = None,
        *,
        result_message: ResultMessage | None = None,
    ) -> None:
        super().__init__(message, exit_code)
        self.result_message = result_message
        self.data = _without_none(
            vars(result_message) if data is None and result_message else data or {}
        )
        self.subtype = _instance_or_none(str, self.data.get("subtype"))
        self.errors = _texts(self.data.get("errors"))
        self.result = _instance_or_none(str, self.data.get("result"))
        self.api_error_status = _instance_or_none(int, self.data.get("api_error_status"))
        self.terminal_reason = _instance_or_none(str, self.data.get("terminal_reason"))
        self.session_id = _instance_or_none(str, self.data.get("session_id"))

    @property
    def is_limit(self) -> bool:
        """True if the turn ended at a limit in the options, which a retry would also reach."""
        return self.subtype in LIMITS


def _without_none(fields: Mapping[str, JSON]) -> JSONObject:
    return {name: value for name, value in fields.items() if value is not None}


def _instance_or_none(kind: type[_T], value: JSON) -> _T | None:
    return value if isinstance(value, kind) else None


def _texts(value: JSON) -> list[str]:
    """Return a list's non-blank strings. A single string is treated as a list."""
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


class APIError(ResultError):
    """The model service rejected the request or failed, despite the CLI's retries.

    :param message: the cause. The text of the error adds the class's `advice`; `reason` does not.
    :param status: the HTTP status; None if there was no response.
    :param result_message: the `ResultMessage` of the failed turn; None outside of a turn.
    :param retry_after: how many seconds the service asked to wait, if it did.
    :param retried: the number of retries made by the CLI.
    :param exhausted: whether the CLI has used up all of its retries.
    """

    advice = "Try again. If the error persists, check the service's status page."

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        result: ResultMessage | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message.rstrip('. ')}. {self.advice}", result_message=result)
        self.reason = f"{message.rstrip('. ')}."
        self.status = status
        self.retry_after = retry_after
        self.retried = 0
        self.exhausted = False


class AuthenticationError(APIError):
    """Not signed in, or the key or token is invalid (401)."""

    advice = (
        "Sign in with `claude-auth login` in a terminal, or set ANTHROPIC_API_KEY before the "
        "notebook's kernel starts, then try again."
    )


class BillingError(APIError):
    """The account's balance or plan does not cover the request."""

    advice = (
        "Add credit or check the plan at https://console.anthropic.com/settings/billing, or sign "
        "in with another account. The same request fails until then."
    )


class PermissionDeniedError(APIError):
    """The account lacks permission (403)."""

    advice = "Check that your account or key has access to this model and service."


class InvalidRequestError(APIError):
    """The service does not accept the request (400, 404, 413, an unknown model)."""

    advice = "Change the model, prompt or attachments; the same request will fail again."


class RateLimitError(APIError):
    """Too many requests or tokens, or the plan's limit is reached (429)."""

    advice = "Wait a moment, then try again."


class OverloadedError(APIError):
    """The service is overloaded (529)."""

    advice = "Wait a minute, then try again, or choose another model."


class ServerError(APIError):
    """The service failed (5xx)."""


class APIConnectionError(APIError):
    """The service could not be reached, or its response was incomplete."""

    advice = "Check the network, proxy and ANTHROPIC_BASE_URL, then try again."


_BY_STATUS: dict[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: BillingError,
    403: PermissionDeniedError,
    404: InvalidRequestError,
    413: InvalidRequestError,
    422: InvalidRequestError,
    429: RateLimitError,
    529: OverloadedError,
}

# The CLI's codes for failures without an HTTP status.
_BY_CODE: dict[str, type[APIError]] = {
    "connection_failed": APIConnectionError,
    "authentication_failed": AuthenticationError,
    "oauth_org_not_allowed": AuthenticationError,
    "billing_error": BillingError,
    "invalid_request": InvalidRequestError,
    "model_not_found": InvalidRequestError,
    "rate_limit": RateLimitError,
    "overloaded": OverloadedError,
    "server_error": ServerError,
}


def api_error(
    message: str,
    *,
    status: int | None = None,
    code: str | None = None,
    result: ResultMessage | None = None,
    retry_after: float | None = None,
) -> APIError:
    """Create the `APIError` subclass for an HTTP status or an error code from the CLI.

    :param message: the CLI's message.
    :param status: the HTTP status, if the service responded.
    :param code: the CLI's code, such as "authentication_failed".
    :param result: the result message of the failed turn.
    :param retry_after: how many seconds the service asked to wait.
    :returns: the error.
    """
    kind = _kind_of(status, code)
    return kind(message, status=status, result=result, retry_after=retry_after)


def _kind_of(status: int | None, code: str | None) -> type[APIError]:
    # A missing payment has the status of an invalid request; only its code names it.
    if code == "billing_error":
        return _BY_CODE[code]
    known = _BY_STATUS.get(status or 0) or _BY_CODE.get(code or "")
    if known is not None:
        return known
    if status is None:
        return APIConnectionError if code in (None, "unknown") else APIError
    return ServerError if status >= 500 else APIError
