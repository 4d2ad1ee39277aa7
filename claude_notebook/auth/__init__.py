"""Signing in: credentials, their storage, the company gateway, and the CLI's own login."""

import lazy_loader as _lazy

# An OAuth client takes 100 ms to import, and most programs use a key.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
