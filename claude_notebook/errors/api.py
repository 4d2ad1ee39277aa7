"""A turn that has failed: most often because of the model's service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .sdk import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..messages import JSON, JSONObject, ResultMessage

_T = TypeVar("_T")


class ResultError(ProcessError):
    """A turn has ended in failure. Its `ResultMessage` says why, and came before this.

    :param subtype: of the result: "error_during_execution", or "success" where the service failed.
    :param errors: what went wrong, in the CLI's words; may be empty.
    :param result: the text of the result, if it has one.
    :param api_error_status: the HTTP status, if the model's service refused.
    :param terminal_reason: why the turn ended, such as "api_error".
    :param session_id: the conversation's id.
    :param data: the fields of the result by their names, without those that are None.
    :param result_message: the `ResultMessage`; None where there is none.
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
        self.data = _given(vars(result_message) if data is None and result_message else data or {})
        self.subtype = _of(str, self.data.get("subtype"))
        self.errors = _texts(self.data.get("errors"))
        self.result = _of(str, self.data.get("result"))
        self.api_error_status = _of(int, self.data.get("api_error_status"))
        self.terminal_reason = _of(str, self.data.get("terminal_reason"))
        self.session_id = _of(str, self.data.get("session_id"))


def _given(fields: Mapping[str, JSON]) -> JSONObject:
    return {name: value for name, value in fields.items() if value is not None}


def _of(kind: type[_T], value: JSON) -> _T | None:
    return value if isinstance(value, kind) else None


def _texts(value: JSON) -> list[str]:
    """A list's texts that are not blank; a single text is a list of one."""
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


class APIError(ResultError):
    """The model's service refused the request or failed, after the CLI's own retries.

    :param status: the HTTP status, None where no answer came.
    :param result_message: the `ResultMessage` of the failed turn, None outside a turn.
    :param retry_after: seconds to wait that the service asked for, if it did.
    :param retried: how often the CLI has tried again by itself before it gave up.
    :param exhausted: whether it has used up all its tries.
    """

    advice = "Try again; if it goes on, look at the service's status page."

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        result: ResultMessage | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{message.rstrip('. ')}. {self.advice}", result_message=result)
        self.status = status
        self.retry_after = retry_after
        self.retried = 0
        self.exhausted = False


class AuthenticationError(APIError):
    """Nobody is signed in, or the key or token is not valid (401)."""

    advice = (
        "Sign in with `claude auth login` in a terminal, or set ANTHROPIC_API_KEY before the "
        "notebook's kernel starts, then run this again."
    )


class PermissionDeniedError(APIError):
    """The account is known but may not do this (403)."""

    advice = "Check that your account or key may use this model and this service."


class InvalidRequestError(APIError):
    """The service will not take this request as it is (400, 404, 413, an unknown model)."""

    advice = "Change the request (model, prompt or attachments): the same one will fail again."


class RateLimitError(APIError):
    """Too many requests or tokens, or the plan's limit is reached (429)."""

    advice = "Wait a little, then run it again."


class OverloadedError(APIError):
    """The service has too much to do at the moment (529)."""

    advice = "Wait a minute, then run it again, or choose another model."


class ServerError(APIError):
    """The service failed (5xx)."""


class APIConnectionError(APIError):
    """The service could not be reached, or its answer broke off."""

    advice = "Check the network, proxy and ANTHROPIC_BASE_URL, then run it again."


_BY_STATUS: dict[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: InvalidRequestError,
    413: InvalidRequestError,
    422: InvalidRequestError,
    429: RateLimitError,
    529: OverloadedError,
}

# The CLI's own words for failures that have no HTTP status (nothing was sent, or no answer came).
_BY_CODE: dict[str, type[APIError]] = {
    "connection_failed": APIConnectionError,
    "authentication_failed": AuthenticationError,
    "oauth_org_not_allowed": AuthenticationError,
    "billing_error": PermissionDeniedError,
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
    """The right kind of `APIError` for an HTTP status or the CLI's error code.

    :param message: what the CLI said.
    :param status: the HTTP status, if an answer came.
    :param code: the CLI's code, for example "authentication_failed".
    :param result: the result message of the failed turn.
    :param retry_after: seconds that the service asked us to wait.
    """
    kind = _BY_STATUS.get(status or 0) or _BY_CODE.get(code or "")
    if kind is None:
        kind = ServerError if status and status >= 500 else APIError
        if status is None and code in (None, "unknown"):
            kind = APIConnectionError
    return kind(message, status=status, result=result, retry_after=retry_after)
