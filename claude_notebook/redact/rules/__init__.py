"""The tables of secrets: `KEYS` by their prefixes, `FORMS` by their surroundings."""

from .candidates import rows_in
from .form import Form, is_chosen, is_mixed, is_odd, looks_random
from .forms import FORMS
from .keys import KEYS

__all__ = [
    "FORMS",
    "KEYS",
    "Form",
    "is_chosen",
    "is_mixed",
    "is_odd",
    "looks_random",
    "rows_in",
]
