"""Redaction hides secrets, keeps ordinary text, and keeps JSON valid."""

import json
import string
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import pytest
from data_tool_shapes import data_shapes
from hypothesis import given, settings, strategies as st
from secret_shapes import all_shapes, missed

from claude_notebook.redact import FORMS, KEYS, NAMES, redact

HEX = "0123456789abcdef"
MIXED = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{MIXED}\n{MIXED}=\n-----END RSA PRIVATE KEY-----"

SECRETS = {
    "sk-ant-api03-abc_DEF-123": "anthropic-key",
    "sk-ant-oat01-abcdefghijkl": "anthropic-key",
    f"sk-proj-{MIXED}": "openai-key",
    f"sk-{MIXED}": "openai-key",
    f"sk_live_{MIXED[:24]}": "stripe-key",
    f"sk_test_{MIXED[:24]}": "stripe-key",
    f"rk_live_{MIXED[:24]}": "stripe-key",
    f"whsec_{MIXED[:32]}": "stripe-key",
    "AKIAIOSFODNN7EXAMPLE": "aws-key",
    "ASIAIOSFODNN7EXAMPLE": "aws-key",
    f"github_pat_11AAAAAAA0{MIXED}": "github-token",
    **{f"gh{kind}_{MIXED[:36]}": "github-token" for kind in "pousr"},
    "glpat-abcdefghij0123456789": "gitlab-token",
    "xoxb-123456789012-abcdefGHIJ": "slack-token",
    "xapp-1-A012345-678901-abcdef": "slack-token",
    f"AIza{MIXED[:35]}": "google-key",
    f"ya29.a0{MIXED}": "google-token",
    f"1//0g{MIXED}": "google-token",
    f"GOCSPX-{MIXED[:28]}": "google-secret",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl": "jwt",
    f"hf_{MIXED[:34]}": "huggingface-token",
    f"npm_{MIXED[:36]}": "npm-token",
    f"pypi-{MIXED}{MIXED}": "pypi-token",
    f"SG.{MIXED[:22]}.{MIXED[:38]}": "sendgrid-key",
    f"dop_v1_{HEX * 4}": "digitalocean-token",
    f"dapi{HEX * 2}": "databricks-token",
    f"gsk_{MIXED}": "groq-key",
    f"xai-{MIXED}{MIXED}": "xai-key",
    f"AGE-SECRET-KEY-1{MIXED.upper()}": "age-key",
    PEM: "private-key",
}

PARTLY = {
    "https://bob:s3cr3t@host/x": "https://bob:REDACTED-url-password@host/x",
    "postgres://u:p@ss@db:5432/x": "postgres://u:REDACTED-url-password@db:5432/x",
    f"https://{MIXED}@github.com/a": "https://REDACTED-url-token@github.com/a",
    "https://hooks.slack.com/services/T0123/B0456/abcdefghijkl": (
        "https://hooks.slack.com/services/REDACTED-slack-webhook"
    ),
    "Authorization: Bearer abc.def-1": "Authorization: Bearer REDACTED-authorization",
    "authorization: Basic dTpw": "authorization: Basic REDACTED-authorization",
    "Authorization: opaque": "Authorization: REDACTED-authorization",
    "-H 'Proxy-Authorization: token abc' x": "-H 'Proxy-Authorization: token "
    "REDACTED-authorization' x",
    "sent Bearer abcdefgh1 to it": "sent Bearer REDACTED-authorization to it",
    "x-api-key: abc": "x-api-key: REDACTED-secret",
    "Set-Cookie: a=b; Path=/": "Set-Cookie: REDACTED-cookie",
    "/callback?code=ab-c&state=x": "/callback?code=REDACTED-code&state=x",
    "s3/x?X-Amz-Signature=ab12&a=b": "s3/x?X-Amz-Signature=REDACTED-signature&a=b",
    "password=hunter2": "password=REDACTED-secret",
    "password = hunter2": "password = REDACTED-secret",
    "Passphrase: correct": "Passphrase: REDACTED-secret",
    "f(password=hunter2)": "f(password=REDACTED-secret)",
    "{'password': 'x y', 'b': 1}": "{'password': 'REDACTED-secret', 'b': 1}",
    'password: str = "x"': 'password: str = "REDACTED-secret"',
    'os.environ["API_KEY"] = "x"': 'os.environ["API_KEY"] = "REDACTED-secret"',
    'key_password=b"x"': 'key_password=b"REDACTED-secret"',
    'export DB_PASSWORD="a b"': 'export DB_PASSWORD="REDACTED-secret"',
    "DB_PASS=a\nB=c": "DB_PASS=REDACTED-secret\nB=c",
    "GITHUB_TOKEN=abc": "GITHUB_TOKEN=REDACTED-secret",
    "SOME_KEY=abc": "SOME_KEY=REDACTED-secret",
    f"token: {MIXED}": "token: REDACTED-secret",
    f'"token": "{MIXED}"': '"token": "REDACTED-secret"',
    "aws_secret_access_key = wJal/rX+U": "aws_secret_access_key = REDACTED-secret",
    "?access_token=abc&b=c": "?access_token=REDACTED-secret&b=c",
    "--api-key abc --b": "--api-key REDACTED-secret --b",
    '["--password", "abc"]': '["--password", "REDACTED-secret"]',
    "git clone bob:s3cr3tPw@h.org/a": "git clone bob:REDACTED-url-password@h.org/a",
    "https://ab12CD34@h.org/a": "https://REDACTED-url-token@h.org/a",
    "net use x: /user:u pw": "net use x: /user:u REDACTED-secret",
    r"net use x: \\s\a pw /user:u": r"net use x: \\s\a REDACTED-secret /user:u",
    "echo pw | docker login": "echo REDACTED-secret | docker login",
    "echo 'pw' | sudo -S ls": "echo 'REDACTED-secret' | sudo -S ls",
    "vault login pw": "vault login REDACTED-secret",
    "npm config set _authToken pw": "npm config set _authToken REDACTED-secret",
    "npm config set //h/:_authToken pw": "npm config set //h/:_authToken REDACTED-secret",
    "api-key => 'abc'": "api-key => 'REDACTED-secret'",
    "İ password=hunter2": "İ password=REDACTED-secret",
    'password="open': 'password="REDACTED-secret',
    '{"a": "{\\"secret\\": \\"b\\\\\\"c\\", \\"d\\": 1}"}': (
        '{"a": "{\\"secret\\": \\"REDACTED-secret\\", \\"d\\": 1}"}'
    ),
    '{"password": 12, "b": 1}': '{"password": "REDACTED-secret", "b": 1}',
    '{"a": "x\\nsk-proj-' + MIXED + '"}': '{"a": "x\\nREDACTED-openai-key"}',
    '{"a": "\\u001bghp_' + MIXED + '"}': '{"a": "\\u001bREDACTED-github-token"}',
}

KEPT = (
    "",
    "mailto:bob1984@example.org",
    "https://jsmith42@example.org/a",
    "vault login -method=userpass username=x",
    "max_tokens=4096, input_tokens: 12, token: 5, tokens = [1]",
    "password = getpass.getpass('Password: ')",
    "api_key=os.environ['X']",
    "password=${PASSWORD} secret=$SECRET token=%TOKEN%",
    "password = config.password",
    '{"password": null, "secret": true, "password": {"min": 3}, "passwords": []}',
    '{"label": "Password: ", "name": "bob"}',
    '{"label":"Password:","name":"bob"}',
    '["Password: "]',
    "PWD=/home/user",
    "the token: hello; bearer of good news; a secret.",
    "http://localhost:8080,me@example.org",
    "task-forces-and-desk-jobs-sk-learn-without-numbers",
    'if "-----BEGIN PRIVATE KEY-----" in text:',
    "eyJust-a-word-of-some-length",
    "https://example.org/sk-1",
    'print("Password:" + password)',
    "secret_santa(x)",
    "sort_key: 12",
    "--password",
    "7//0 = inf",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("frame", ["{}", "before {} after", '"{}"', "x='{}';", "({})", "\n{}\n"])
def test_redact_hides_prefixed_tokens(secret: str, frame: str) -> None:
    assert redact(frame.format(secret)) == frame.format(f"REDACTED-{SECRETS[secret]}")


@pytest.mark.parametrize("text", PARTLY)
def test_redact_keeps_surrounding_text(text: str) -> None:
    assert redact(text) == PARTLY[text]


@pytest.mark.parametrize("text", KEPT)
def test_redact_keeps_non_secrets(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("name", [word for name in NAMES for word in name.words])
def test_redact_hides_value_of_each_name(name: str) -> None:
    spaced = ("bearer", "requirepass", "masterauth")
    sign = " " if name in spaced else ": " if name == "cookie" else "="
    text = f"MY_{name.upper().replace(' ', '_')}{sign}{MIXED}"
    assert MIXED not in redact(text)


# --- a corpus of shapes ---------------------------------------------------------------------------


def test_redact_misses_at_most_five_percent_of_a_corpus() -> None:
    shapes = [shape for seed in range(3) for shape in all_shapes(seed)]
    misses = [name for name, text, secrets in shapes if missed(redact(text), secrets)]

    assert len({name for name, _, _ in shapes}) > 1000
    assert len(misses) <= 0.05 * len(shapes), misses


def test_redact_misses_no_listed_shape() -> None:
    assert [name for name, text, secrets in all_shapes() if missed(redact(text), secrets)] == []


def test_redact_misses_at_most_five_percent_of_shapes_of_data_tools() -> None:
    shapes = list(data_shapes())
    misses = [text for text, secrets in shapes if any(one in redact(text) for one in secrets)]

    assert len(shapes) > 400
    assert len(misses) <= 0.05 * len(shapes), misses


def test_redact_hides_all_rows_of_long_tables() -> None:
    passwords = [f"pass{number}word{number}" for number in range(20_000)]
    tables = {
        "CSV": "user,password\n" + "".join(f"ann,{one}\n" for one in passwords),
        "CSV in JSON": json.dumps("user,password\n" + "".join(f"ann,{one}\n" for one in passwords)),
        "numbered": "     1\tuser,password\n"
        + "".join(f"{n:6}\tann,{one}\n" for n, one in enumerate(passwords, 2)),
        "Markdown": "| user | password |\n|---|---|\n"
        + "".join(f"| ann | {one} |\n" for one in passwords),
        "HTML": "<tr><th>user</th><th>password</th></tr>"
        + "".join(f"<tr><td>ann</td><td>{one}</td></tr>\n" for one in passwords),
    }
    for name, text in tables.items():
        assert redact(text).count("REDACTED-") == len(passwords), name


def test_redact_reads_texts_with_bytes_that_are_no_utf8() -> None:
    text = b"\xff password=hunter2 \xfe".decode("utf-8", errors="surrogateescape")
    assert redact(text) == "\udcff password=REDACTED-secret \udcfe"


# --- ordinary texts -------------------------------------------------------------------------------

ROOT = Path(__file__).parents[1]
ORDINARY = (
    "password: str", "token = get_token()", "max_tokens=4096", "pwd=os.getcwd()", "PWD=/home/me",
    "author: x", "the password is required", "password = password", "f(token=token)",
    'if password:\n    return\n', "password: the one to use", "<password>{password}</password>",
    "bypass=1 compass: north", '{"pass": 12, "fail": 0}', "curl -u $USER:$PASSWORD https://h",
    "export PATH=/usr/bin:$PATH", "git clone git@github.com:a/b.git", "2 tokens, 3 keys",
    "commit 0123456789abcdef0123456789abcdef01234567", "550e8400-e29b-41d4-a716-446655440000",
    '"integrity": "sha512-q1MGrv2xSsJ9Qc0Vb5e4yYhR0S6g8r3c8a1b2c3d4e5f6g7h8i9j0k=="',
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "user,password\n", "name,token,count\nfoo,bar,1\n", "import a, token, b\nx, y, z\n",
    "pass,fail,skip\n10,2,3\n", "id,sort_key\n1,alpha\n2,beta\n", "cat <<< hello",
    "max_token,total\n4096,8192\n", "password, username\nfor both, needed\n", "wandb login works",
    "GET /webhooks/github", "/hooks/use-something", "variable names and output = x",
    "http://127.0.0.1:8888/lab?reset", "| token | string | required |", "docker run -p 8080:80 x",
)  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_redact_keeps_ordinary_texts(text: str) -> None:
    assert redact(text) == text


def _marks(paths: Iterable[Path]) -> tuple[int, int]:
    """Return the number of marks that redaction sets in files, and their size."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    return sum(redact(text).count("REDACTED-") for text in texts), sum(map(len, texts))


def test_redact_keeps_notebooks_and_recordings() -> None:
    notebooks = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    recordings = sorted((ROOT / "tests" / "cassettes").glob("*.jsonl"))

    assert _marks(notebooks)[0] == 0
    before = sum(path.read_text(encoding="utf-8").count("REDACTED-") for path in recordings)
    assert _marks(recordings)[0] - before == 0


def test_redact_marks_little_in_python_sources() -> None:
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    marks, size = _marks(sources)

    assert size > 1_000_000
    assert marks <= 10 * size / 1_000_000


# --- properties -----------------------------------------------------------------------------------

_pieces = st.one_of(
    st.sampled_from([*SECRETS, *PARTLY, *KEPT]),
    st.sampled_from([word.replace(" ", "_") for name in NAMES for word in name.words]),
    st.sampled_from([key.literal for key in KEYS]),
    st.sampled_from([f"REDACTED-{row.kind}" for row in (*KEYS, *NAMES)]),
    st.sampled_from([*"=:\"'`\\@/ ,;&?{}[]()\n-_$", ": ", " = ", '\\"', "://", "REDACTED-"]),
    st.text(string.ascii_letters + string.digits, max_size=30),
    st.text(max_size=5),
)
_texts = st.lists(_pieces, max_size=12).map("".join)


@settings(deadline=None, max_examples=1000)
@given(_texts)
def test_redact_is_idempotent(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_texts, inner, max_size=4),
        inner.map(json.dumps),  # JSON in a string of JSON
    ),
    max_leaves=12,
)
_styles = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, 2]),
        "separators": st.sampled_from([None, (",", ":")]),
    }
)


@settings(deadline=None, max_examples=1000)
@given(_values, _styles)
def test_redact_keeps_valid_json(value: object, style: dict[str, object]) -> None:
    after = json.loads(redact(json.dumps(value, **style)))
    assert type(after) is type(value) or isinstance(value, (int, float))


@settings(deadline=None)
@given(_values, st.sampled_from(list(SECRETS)), _styles)
def test_redact_hides_secrets_in_json(value: object, secret: str, style: dict[str, object]) -> None:
    text = redact(json.dumps({"a": [value, {"b": secret}], "password": f"{secret} x"}, **style))
    after = json.loads(text)
    assert after["a"][1] == {"b": f"REDACTED-{SECRETS[secret]}"}
    assert after["password"] == "REDACTED-secret"


# --- time -----------------------------------------------------------------------------------------


def _units() -> list[str]:
    tails = ("", "a", "-", "=", '="', ':\\"', "=f(", "\\")
    words = [key.literal for key in KEYS] + [word for name in NAMES for word in name.words]
    words += [form.literal for form in FORMS]
    return [word + tail for word in dict.fromkeys(words) for tail in tails] + ["\\", '"', " ", "a"]


@pytest.mark.parametrize("tail", ["", "a", "\\", " "])
def test_redact_is_fast_for_adversarial_text(tail: str) -> None:
    """Texts made to make a pattern go back: with one step per pair of characters, hours."""
    size = 2_000
    for unit in _units():
        text = unit * (size // len(unit)) if not tail else unit + tail * size
        assert len(redact(text)) <= 12 * len(text)


def test_redact_processes_ten_megabytes_in_time() -> None:
    line = f'{{"text": "a token of the word, {HEX}", "password": "x", "n": [1, 2, 3]}}\n'
    text = line * (10_000_000 // len(line))
    assert redact(text) == redact(line) * (10_000_000 // len(line))


@pytest.mark.parametrize(
    "text", ["a" * 10_000_000, PEM[:40] + "A" * 10_000_000, "-----BEGIN PRIVATE KEY-----" * 370_000]
)
def test_ten_megabytes_of_one_thing(text: str) -> None:
    assert len(redact(text)) <= len(text)


def test_lower_case_keeps_length_except_dotted_i() -> None:
    """Names are looked for in lower case: every position must be the same there."""
    longer = [c for c in map(chr, range(sys.maxunicode + 1)) if len(c.lower()) != 1]
    assert longer == ["\u0130"]
