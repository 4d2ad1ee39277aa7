"""Convert raw traces of the CLI to cassettes: `python traces_to_cassettes.py TRACES CASSETTES`.

A trace has three files: NAME.ndjson (standard output), NAME.stdin.ndjson (standard input; missing
if the prompt was an argument) and NAME.meta.json (`args`, `rc`, `stderr`, and the time of each line
in milliseconds as `stdout_ms` and `stdin_ms`).
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    """Convert every trace of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("traces", type=Path)
    parser.add_argument("cassettes", type=Path)
    arguments = parser.parse_args()
    for meta in sorted(arguments.traces.glob("*.meta.json")):
        name = meta.name.removesuffix(".meta.json")
        lines = [json.dumps(entry, ensure_ascii=False) for entry in convert(arguments.traces, name)]
        target = arguments.cassettes / f"{name}.jsonl"
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def convert(traces: Path, name: str) -> Iterator[dict]:
    """Yield the lines of the cassette."""
    meta = json.loads((traces / f"{name}.meta.json").read_text(encoding="utf-8"))
    received = _timed(traces / f"{name}.ndjson", meta["stdout_ms"], "cli")
    sent = _timed(traces / f"{name}.stdin.ndjson", meta.get("stdin_ms") or [], "us")
    yield {"cassette": 1, "name": name, "args": meta["args"]}
    # The sort is stable: output precedes input of the same time.
    yield from sorted([*received, *sent], key=lambda entry: entry["ms"])
    ended = max([0.0, *meta["stdout_ms"], *(meta.get("stdin_ms") or [])])
    yield {"ms": ended, "from": "end", "exit_code": meta["rc"], "stderr": meta["stderr"]}


def _timed(path: Path, times: list[float], source: str) -> Iterator[dict]:
    """Yield the entries of one direction; `times` may also have the end of the stream."""
    if not path.exists():
        return
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"", f"{path}: the last line has no end"
    assert len(lines) <= len(times), f"{path}: {len(lines)} lines, but {len(times)} times"
    for ms, line in zip(times, lines, strict=False):
        value = json.loads(line)
        assert isinstance(value, dict), f"{path}: not an object"
        yield {"ms": ms, "from": source, "json": value}


if __name__ == "__main__":
    main()
