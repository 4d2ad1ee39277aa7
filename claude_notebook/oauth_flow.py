"""The OAuth 2.0 flow, under its original module name."""

from __future__ import annotations

from .auth.gateway.code_config import ClaudeCodeOAuthFlow
from .auth.gateway.pkce import PKCEChallenge

__all__ = ["ClaudeCodeOAuthFlow", "PKCEChallenge"]
