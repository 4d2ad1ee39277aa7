"""For tests of your own: a scripted Messages API, so that the real CLI runs without a model.

The prompt says what the model answers; the CLI then runs real tools on real files::

    from claude_notebook.testing import Use, script

    prompt = script(Use("Bash", {"command": "ls"}), "There you are.")

The pytest fixtures `scripted_api`, `claude_cli` and `claude_env` are there as soon as the package
is installed. Every public name stands in `__init__.pyi`, and is loaded when it is first used.
"""

from __future__ import annotations

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
