"""Bytes in, bytes out: how the CLI is reached. Knows no message."""

from __future__ import annotations

from .base import Transport
from .process import ProcessTransport
from .replay import RecordingTransport, ReplayTransport

__all__ = ["ProcessTransport", "RecordingTransport", "ReplayTransport", "Transport"]
