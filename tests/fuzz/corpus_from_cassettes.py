"""Makes the fuzzer's corpus: of each kind of line that was recorded, the shortest one.

python tests/fuzz/corpus_from_cassettes.py
"""

import json
from pathlib import Path

from claude_notebook.recording.transports import Cassette

HERE = Path(__file__).parent
LONGEST = 3000


def kind_of(value: dict) -> str:
    """Whatever leads to another branch of the decoder: the types inside of each other."""
    inner = [value.get("event"), value.get("request"), value.get("response"), value.get("message")]
    objects = [value, *(one for one in inner if isinstance(one, dict))]
    for one in list(objects):
        objects += [part for part in one.values() if isinstance(part, dict) and "type" in part]
        content = one.get("content")
        objects += [part for part in content if isinstance(part, dict)] if content else []
    words = [str(one[key]) for one in objects for key in ("type", "subtype") if one.get(key)]
    return "-".join(dict.fromkeys(words))


def main() -> None:
    """Write one file for each kind."""
    shortest: dict[str, bytes] = {}
    for path in sorted((HERE.parent / "cassettes").glob("*.jsonl")):
        for record in Cassette(path).records():
            if record.source != "cli" or not record.line.startswith(b"{"):
                continue
            kind = kind_of(json.loads(record.line))
            if len(record.line) < len(shortest.get(kind, b" " * LONGEST)):
                shortest[kind] = record.line
    for kind, line in shortest.items():
        (HERE / "corpus" / kind).write_bytes(line)


if __name__ == "__main__":
    main()
