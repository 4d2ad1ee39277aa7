"""Looks for bytes that break a promise of the decoder, guided by the branches they take.

    pip install atheris
    mkdir found && python tests/fuzz/fuzz_decoder.py found tests/fuzz/corpus -max_total_time=300

New inputs are written to the first folder, and one that breaks a promise to the current folder, as
`crash-...`. Give that a name and put it into the corpus, all of which `test_decoder.py` runs.
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
    """Another value somewhere in one of the lines, or None where there is no JSON."""
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
    """All places in a JSON value: a container, and a key of it."""
    keys = range(len(value)) if isinstance(value, list) else value
    for key in list(keys) if isinstance(value, (dict, list)) else ():
        yield value, key
        yield from walk(value[key])


def write_words(path: Path) -> None:
    """The fuzzer's dictionary: the words that lead into the tables."""
    words = {*codec.DECODERS, *flat.SYSTEM, *blocks.BLOCKS, *flat.RENAMED, "search_tool_result"}
    for kind in {*MESSAGES, *flat.SYSTEM.values(), *blocks.BLOCKS.values()}:
        words |= set(kind.__dataclass_fields__)
    path.write_text("".join(f'"\\"{word}\\""\n' for word in sorted(words)))


def mutate(data: bytes, size: int, number: int) -> bytes:
    """Half of the time JSON stays JSON."""
    chance = random.Random(number)
    changed = change_json(data, chance) if chance.random() < 0.5 else None
    return changed[:size] if changed else atheris.Mutate(data, size)


def look_at(data: bytes) -> None:
    """The target."""
    check(data)


def main() -> None:
    """Run the fuzzer until it is stopped or finds something."""
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words"
        write_words(words)
        atheris.Setup([*sys.argv, f"-dict={words}"], look_at, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
