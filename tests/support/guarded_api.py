"""The Messages API behind a gateway."""

from collections.abc import Mapping

from oauth_server import OAuthServer

from claude_notebook.testing.scripted_api import ScriptedAPI


class GuardedAPI:
    """A scripted API that accepts only valid tokens of the gateway.

    :param tokens: the tokens that it has received, in order.
    """

    def __init__(self, gateway: OAuthServer) -> None:
        self.gateway = gateway
        self.tokens: list[str] = []
        self.api = ScriptedAPI(authorize=self.check)

    def check(self, headers: Mapping[str, str]) -> int | None:
        """Return 401 for a token that is not valid."""
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token:
            self.tokens.append(token)
        return None if self.gateway.accepts(token) else 401
