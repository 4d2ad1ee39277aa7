"""Every public name once more."""

from . import *  # noqa: F403  (all of them is what it is about)
