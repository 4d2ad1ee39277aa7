from .hidden_dict import HiddenDict
from .names import NAMES, Name
from .reprs import redacted_repr, value_repr
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
