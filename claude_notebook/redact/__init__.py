"""Replace secrets in texts by marks. No I/O.

`redact(text)` replaces keys, tokens, passwords, and the like by `REDACTED-<kind>`. The mark is a
bare word: JSON stays JSON, and the same holds for URLs, YAML, and shell commands. A second call
changes nothing more, and the time is proportional to the length of the text.

Two stages find secrets. The first knows them: `KEYS` has those with a form of their own, `NAMES`
the names under which others are written down (`password=`, `"api_key": ...`), `FORMS` the commands
and formats that give one away by its position.

The second, `context`, infers them. It looks around each value that can be a secret at all for a
word of its vocabulary, for one of its links between a name and a value, for a call or command that
signs in, and at the randomness of the value. Each row of its tables has a reason.

No table can be certain, so rather too much is hidden than too little.
"""

import lazy_loader as _lazy

# The tables of patterns take 50 ms to compile, and many programs never redact anything.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
