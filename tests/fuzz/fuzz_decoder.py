"""Search for bytes that break a promise of the decoder, guided by code coverage.

    pip install atheris
    mkdir found && python tests/fuzz/fuzz_decoder.py found tests/fuzz/corpus -max_total_time=300

New inputs go to the first folder. An input that breaks a promise goes to the current folder as
`crash-...`: name it and add it to the corpus, which `test_decoder.py` runs.
"""

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["claude_notebook.protocol", "claude_notebook.errors"]):
    from decoder import MESSAGES, check

    from claude_notebook.protocol.codec import blocks, flat_messages as flat, lines as codec

VALUES = (None, True, 0, -1, 1.5, 10**30, "", "x", "\ud800", [], {}, [[]], {"type": "text"})


def change_json(data: bytes, chance: random.Random) -> bytes | None:
    """Change a value in one of the lines; return None without JSON."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    try:
        value = json.loads(lines[at])
        places = list(walk(value))
        container, key = chance.choice(places)
        other = chance.choice([*VALUES, *(inner[name] for inner, name in places)])
        if chance.random() < 0.2:
            del container[key]
        else:
            container[key] = json.loads(json.dumps(other))
        lines[at] = json.dumps(value).encode()
    except (ValueError, RecursionError, IndexError):
        return None
    return b"\n".join(lines)


def walk(value: object) -> Iterator[tuple[dict | list, str | int]]:
    """Yield all places in a JSON value as container and key."""
    keys = range(len(value)) if isinstance(value, list) else value
    for key in list(keys) if isinstance(value, (dict, list)) else ():
        yield value, key
        yield from walk(value[key])


def write_words(path: Path) -> None:
    """Write the fuzzer's dictionary: words that lead into the tables."""
    words = {*codec.DECODERS, *flat.SYSTEM, *blocks.BLOCKS, *flat.RENAMED, "search_tool_result"}
    for kind in {*MESSAGES, *flat.SYSTEM.values(), *blocks.BLOCKS.values()}:
        words |= set(kind.__dataclass_fields__)
    path.write_text("".join(f'"\\"{word}\\""\n' for word in sorted(words)))


def mutate(data: bytes, size: int, number: int) -> bytes:
    """Mutate half of the inputs as JSON."""
    chance = random.Random(number)
    changed = change_json(data, chance) if chance.random() < 0.5 else None
    return changed[:size] if changed else atheris.Mutate(data, size)


def look_at(data: bytes) -> None:
    """Run the fuzz target."""
    check(data)


def main() -> None:
    """Run the fuzzer until it is stopped or finds a crash."""
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words"
        write_words(words)
        atheris.Setup([*sys.argv, f"-dict={words}"], look_at, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
