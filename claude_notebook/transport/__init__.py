"""Bytes in, bytes out: how the CLI is reached. Knows no message."""

from __future__ import annotations

from ..recording.transports import RecordingTransport, ReplayTransport
from .base import Transport
from .process import ProcessTransport

__all__ = ["ProcessTransport", "RecordingTransport", "ReplayTransport", "Transport"]
