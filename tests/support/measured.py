"""Coverage in processes that get an environment of their own."""

import os


def measured() -> dict[str, str]:
    """The variables by which a Python process takes part in the measuring; none without it."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
