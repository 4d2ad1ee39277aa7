"""Bytes in, bytes out: the ways to reach the CLI. A transport knows no message."""

from __future__ import annotations

from .base import Transport
from .process import ProcessTransport

__all__ = ["ProcessTransport", "Transport"]
