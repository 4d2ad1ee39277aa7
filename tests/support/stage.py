"""A folder to which recorded changes are applied."""

import json

from claude_notebook.recording.effects.file_changes import Applier
from claude_notebook.recording.keys import Places


class Stage:
    def __init__(self, folder, cwd):
        self.folder, self.notes = folder, []
        self.applier = Applier(folder, Places(str(cwd), "/home/me"), self.notes.append)

    def apply(self, tool, *, failed=False, **tool_input):
        use = {"type": "tool_use", "id": "t", "name": tool, "input": tool_input}
        result = {"type": "tool_result", "tool_use_id": "t", "is_error": failed}
        for kind, block in (("assistant", use), ("user", result)):
            line = {"type": kind, "message": {"content": [block]}}
            self.applier.read(json.dumps(line).encode())
        return self.notes[-1] if self.notes else None

    @property
    def files(self):
        return {
            str(path.relative_to(self.folder)): path.read_text()
            for path in self.folder.rglob("*")
            if path.is_file()
        }
