"""Finds secrets by their context, where no rule of `redact.rules` matches.

- `regions`: selects candidate values and the text around them, and skips the rest.
- `vocabulary`, `neutral`: keywords that indicate a secret, and neighboring words that rule one out.
- `links`: the text between a keyword and its value.
- `calls`, `sentences`, `noise`: arguments, phrases, and random values without a keyword.
- `judges`, `shapes`, `surprise`: tests of a value; weaker context requires a stricter test.
"""

from .search import context_values

__all__ = ["context_values"]
