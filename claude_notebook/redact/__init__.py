"""Replace secrets in texts by marks. No I/O.

`redact(text)` replaces keys, tokens, passwords, and the like by `REDACTED-<kind>`. The mark is a
bare word: JSON stays JSON, and the same holds for URLs, YAML, and shell commands. A second call
changes nothing more, and the time is proportional to the length of the text.

Three tables describe secrets: `KEYS` has those with a form of their own, `NAMES` the names under
which all others are written down (`password=`, `"api_key": ...`), `FORMS` the commands and formats
that give one away by its position. No table can be certain, so rather too much is hidden than too
little.
"""

from .names import NAMES, Name
from .reprs import HiddenDict, redacted_repr, value_repr
from .rules import FORMS, KEYS, Form
from .scanner import last_border, redact, settled
from .tables import open_table

__all__ = [
    "FORMS",
    "KEYS",
    "NAMES",
    "Form",
    "HiddenDict",
    "Name",
    "last_border",
    "open_table",
    "redact",
    "redacted_repr",
    "settled",
    "value_repr",
]
