"""Byte streams to the CLI. A transport does not interpret messages."""

from __future__ import annotations

from .base import Transport
from .process import ProcessTransport

__all__ = ["ProcessTransport", "Transport"]
