"""Secrets that their surroundings announce, for which no row of the tables exists.

- `regions`: the values that can be secrets, and the text around them; all else is skipped.
- `vocabulary`, `neutral`: words that announce a secret, and words beside them that deny one.
- `links`: texts between a name and its value.
- `calls`, `sentences`, `noise`: arguments, phrases, and random values without a name.
- `judges`, `shapes`, `surprise`: the tests for a value, from weak surroundings to strong ones.
"""

from .search import context_values

__all__ = ["context_values"]
