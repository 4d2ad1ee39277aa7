"""The fuzzer's corpus without the fuzzer: recorded, odd and once crashing lines."""

from pathlib import Path

import pytest
from fuzz.decoder import CONTROL, MESSAGES, check

from claude_notebook.errors import ClaudeSDKError
from claude_notebook.messages import UnknownMessage
from claude_notebook.protocol.control import ControlResponse

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
ODD = ("odd-", "crash-")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_decoder_keeps_promises_on_corpus(path):
    data = path.read_bytes()
    events = check(data)

    if not path.name.startswith(ODD):
        assert len(events) <= 1  # a response without a request is no event
        assert not [
            event for event in events if isinstance(event, (UnknownMessage, ClaudeSDKError))
        ]
    for end in range(0, len(data), len(data) // 20 + 1):
        check(data[:end])
        check(data[end:] + b"\n" + data)


def test_corpus_covers_all_message_types():
    seen = {type(event) for path in CORPUS for event in check(path.read_bytes())}

    assert seen >= {*MESSAGES, *CONTROL} - {ControlResponse}  # there was no request
