"""Where `fast_cli.py` is: it is a program, so that it cannot be imported."""

from pathlib import Path

PATH = str(Path(__file__).with_name("fast_cli.py"))
