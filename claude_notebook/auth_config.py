"""Configuration of OAuth 2.0, under its original module name."""

from __future__ import annotations

from .auth.gateway.code_config import ClaudeCodeOAuthConfig, OAuthEndpoints, OAuthScopes

__all__ = ["ClaudeCodeOAuthConfig", "OAuthEndpoints", "OAuthScopes"]
