"""The fuzzer's corpus, without the fuzzer: what was recorded, and what was odd or broke once."""

from pathlib import Path

import pytest
from fuzz.decoder import CONTROL, MESSAGES, check

from claude_notebook.errors import ClaudeSDKError
from claude_notebook.messages import UnknownMessage
from claude_notebook.protocol.control import ControlResponse

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
ODD = ("odd-", "crash-")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_every_promise_holds(path):
    data = path.read_bytes()
    events = check(data)

    if not path.name.startswith(ODD):
        assert len(events) <= 1  # an answer that nobody waits for is no event
        assert not [one for one in events if isinstance(one, (UnknownMessage, ClaudeSDKError))]
    for end in range(0, len(data), len(data) // 20 + 1):
        check(data[:end])
        check(data[end:] + b"\n" + data)


def test_the_corpus_leads_into_every_kind_of_message():
    seen = {type(event) for path in CORPUS for event in check(path.read_bytes())}

    assert seen >= {*MESSAGES, *CONTROL} - {ControlResponse}  # nobody has asked
