"""Test support: a scripted Messages API with which the real CLI runs without a model.

The prompt contains the model's answers. The CLI then runs real tools on real files::

    from claude_notebook.testing import Use, script

    prompt = script(Use("Bash", {"command": "ls"}), "There you are.")

The pytest fixtures `scripted_api`, `claude_cli` and `claude_env` are available as soon as the
package is installed. `__init__.pyi` lists all public names, which are loaded on first use.
"""

from __future__ import annotations

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
