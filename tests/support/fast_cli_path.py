"""Path of `fast_cli.py`, which is a program and cannot be imported."""

from pathlib import Path

PATH = str(Path(__file__).with_name("fast_cli.py"))
