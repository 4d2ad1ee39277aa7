"""Create the fuzzer's corpus: the shortest recorded line of each kind.

python tests/fuzz/corpus_from_cassettes.py
"""

import json
from pathlib import Path

from claude_notebook.recording.transports import Cassette

HERE = Path(__file__).parent
LONGEST = 3000


def kind_of(value: dict) -> str:
    """Name the branch of the decoder by the nested types."""
    inner = [value.get("event"), value.get("request"), value.get("response"), value.get("message")]
    objects = [value, *(item for item in inner if isinstance(item, dict))]
    for item in list(objects):
        objects += [part for part in item.values() if isinstance(part, dict) and "type" in part]
        content = item.get("content")
        objects += [part for part in content if isinstance(part, dict)] if content else []
    words = [str(item[key]) for item in objects for key in ("type", "subtype") if item.get(key)]
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
