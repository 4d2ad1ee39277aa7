"""Stored tokens and accounts: files, modes, keyrings, and hostile content."""

import json
import os
import stat
import threading
from datetime import datetime, timedelta, timezone

import pytest

from claude_notebook import AuthenticationError, AuthToken, OAuthConfig, TokenStorage
from claude_notebook.auth import Account, AccountStore, accounts, save_api_key
from claude_notebook.errors import OptionsError

LATER = datetime(2100, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
TOKEN = AuthToken("access", "Bearer", LATER, "refresh", "models")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- tokens ---------------------------------------------------------------------------------------


def test_token_round_trip():
    assert AuthToken.from_dict(TOKEN.to_dict()) == TOKEN
    assert TOKEN.to_dict()["expires_at"] == "2100-01-02T03:04:05+00:00"


def test_token_expiry_is_aware_and_in_utc():
    naive = datetime(2100, 1, 2, 3, 4, 5)
    token = AuthToken("a", expires_at=naive)
    assert token.expires_at == naive.astimezone(timezone.utc)
    assert AuthToken.from_dict({"access_token": "a", "expires_at": "2100-01-02T03:04:05Z"}) == (
        AuthToken("a", expires_at=LATER)
    )


def test_token_without_expiry_does_not_expire():
    assert not AuthToken("a").is_expired()
    assert AuthToken("a", expires_at=datetime.now(timezone.utc)).is_expired()
    soon = AuthToken("a", expires_at=datetime.now(timezone.utc) + timedelta(seconds=30))
    assert not soon.is_expired()
    assert soon.is_expired(timedelta(seconds=60))


def test_token_hides_its_secrets():
    assert "access" not in repr(TOKEN).replace("access_token", "")
    assert "refresh'" not in repr(TOKEN)


# --- the file -------------------------------------------------------------------------------------


@pytest.fixture
def storage(home):
    return TokenStorage()


def test_storage_has_the_default_path_shape_and_modes(storage, home):
    before = os.umask(0)
    try:
        storage.save_token(TOKEN)
    finally:
        os.umask(before)

    path = home / ".claude_code" / "tokens.json"
    assert storage.storage_path == path
    content = json.loads(path.read_text())
    assert content.keys() == {"token", "updated_at"}
    assert content["token"] == TOKEN.to_dict()
    assert datetime.fromisoformat(content["updated_at"]).tzinfo is not None
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert TokenStorage().load_token() == TOKEN


def test_storage_file_is_never_readable_by_others(storage, monkeypatch):
    """The file has its mode from the first moment, also under its temporary name."""
    modes = []
    real_open = os.open

    def spy(path, flags, mode=0o777, **more):
        descriptor = real_open(path, flags, mode, **more)
        if flags & os.O_CREAT:
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", spy)
    before = os.umask(0)
    try:
        storage.save_token(TOKEN)
    finally:
        os.umask(before)
    assert modes
    assert set(modes) == {0o600}


def test_storage_keeps_unknown_entries(storage):
    storage.save_token(AuthToken("old"))
    content = json.loads(storage.storage_path.read_text())
    storage.storage_path.write_text(json.dumps({**content, "mine": 1}))

    storage.save_token(TOKEN)
    assert json.loads(storage.storage_path.read_text())["mine"] == 1
    storage.delete_token()
    assert storage.load_token() is None
    assert json.loads(storage.storage_path.read_text())["mine"] == 1


def test_storage_delete_removes_the_file(storage):
    storage.delete_token()
    storage.save_token(TOKEN)
    storage.delete_token()
    assert not storage.storage_path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"token": []}',
        b'{"token": {}}',
        b'{"token": {"access_token": 5}}',
        b'{"token": {"access_token": "a", "expires_at": "soon"}}',
        b'{"token": {"access_token": "a", "expires_at": 5}}',
        b"[" * 100_000,
    ],
    ids=range(11),
)
def test_storage_ignores_a_corrupt_file(storage, content):
    storage.save_token(TOKEN)
    storage.storage_path.write_bytes(content)
    assert storage.load_token() is None
    storage.save_token(TOKEN)
    assert storage.load_token() == TOKEN


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_storage_refuses_an_open_file_with_the_command_that_fixes_it(storage, open_to):
    storage.save_token(TOKEN)
    storage.storage_path.chmod(open_to)

    for use in (storage.load_token, lambda: storage.save_token(TOKEN)):
        with pytest.raises(AuthenticationError, match="Other users can read") as caught:
            use()
        command = str(caught.value).split("Fix it: ")[1].split(". ")[0]
        assert command == f"chmod 600 {storage.storage_path}"

    assert os.system(command) == 0
    assert storage.load_token() == TOKEN


def test_storage_delete_works_on_an_open_file(storage):
    storage.save_token(TOKEN)
    storage.storage_path.chmod(0o644)
    storage.delete_token()
    assert not storage.storage_path.exists()


def test_storage_reports_an_unusable_path(tmp_path):
    (tmp_path / "file").write_text("")
    storage = TokenStorage(tmp_path / "file" / "tokens.json")
    assert storage.load_token() is None
    with pytest.raises(AuthenticationError, match="Cannot write"):
        storage.save_token(TOKEN)


def test_storage_does_not_write_through_a_link(storage, tmp_path):
    storage.storage_path.parent.mkdir(mode=0o700)
    target = tmp_path / "target"
    target.write_text("mine")
    target.chmod(0o600)
    storage.storage_path.symlink_to(target)
    storage.save_token(TOKEN)
    assert target.read_text() == "mine"
    assert storage.load_token() == TOKEN


def test_storage_readers_never_see_half_a_file(storage):
    storage.save_token(TOKEN)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            storage.save_token(TOKEN)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(storage.load_token() == TOKEN for _ in range(300))
    finally:
        stop.set()
        writer.join()


# --- accounts -------------------------------------------------------------------------------------


GATEWAY = OAuthConfig(client_id="c", client_secret="s", token_url="https://gateway.example/token")


def test_accounts_are_separate(home):
    store = AccountStore()
    store.save(Account("work", token=TOKEN, gateway=GATEWAY))
    store.save(Account(api_key="key"))

    assert store.names() == ["default", "work"]
    assert store.load("work") == Account("work", TOKEN, gateway=GATEWAY)
    assert store.load() == Account("default", None, "key")
    assert mode(store.path("work")) == 0o600
    assert mode(store.path("work").parent) == 0o700
    store.delete("work")
    assert store.names() == ["default"]
    assert not store.path("work").exists()


def test_account_of_the_variable_applies(home, monkeypatch):
    AccountStore().save(Account("work", api_key="work-key"))
    monkeypatch.setenv("CLAUDE_NOTEBOOK_ACCOUNT", "work")
    assert AccountStore().load().api_key == "work-key"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 65, "a\n"])
def test_account_names_are_no_paths(home, name):
    with pytest.raises(OptionsError, match="name of an account"):
        AccountStore().path(name)


def test_account_of_the_default_name_is_the_seed_file(home):
    AccountStore().save(Account(token=TOKEN))
    assert TokenStorage().load_token() == TOKEN


@pytest.mark.parametrize("key", ["", "  ", "two words", "with\nline", "clé"])
def test_api_key_of_a_wrong_form_is_refused(home, key):
    with pytest.raises(AuthenticationError, match="not an API key"):
        save_api_key(key)
    assert AccountStore().load() is None


def test_api_key_is_stored(home):
    save_api_key("  key-1\n")
    assert AccountStore().load().api_key == "key-1"


# --- keyrings -------------------------------------------------------------------------------------


class MemoryKeyring:
    """A keyring in memory, with the interface of keyring's backends."""

    priority = 5

    def __init__(self):
        self.entries = {}
        self.locked = False

    def get_password(self, service, username):
        self._check()
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self._check()
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self._check()
        del self.entries[service, username]

    def _check(self):
        if self.locked:
            raise RuntimeError("the keyring is locked")


@pytest.fixture
def keyring(monkeypatch):
    keyring = MemoryKeyring()
    monkeypatch.setattr(accounts, "find_keyring", lambda: keyring)
    return keyring


def test_keyring_holds_the_secrets_and_the_file_none(home, keyring):
    store = AccountStore()
    store.save(Account("work", token=TOKEN, gateway=GATEWAY))

    text = store.path("work").read_text()
    assert json.loads(text).keys() == {"keyring", "updated_at"}
    assert store.load("work") == Account("work", TOKEN, gateway=GATEWAY)
    renewed = AuthToken("renewed", refresh_token="refresh-2")
    store.storage("work").save_token(renewed)
    assert store.load("work").token == renewed
    assert "renewed" not in store.path("work").read_text()
    store.delete("work")
    assert not keyring.entries
    assert not store.path("work").exists()


def test_keyring_that_is_locked_gives_way_to_the_file(home, keyring):
    keyring.locked = True
    AccountStore().save(Account(token=TOKEN))
    assert AccountStore().load().token == TOKEN
    assert mode(AccountStore().path("default")) == 0o600


def test_keyring_that_is_locked_later_is_an_error_with_the_cause(home, keyring):
    AccountStore().save(Account(token=TOKEN))
    keyring.locked = True
    with pytest.raises(AuthenticationError, match="the keyring is locked"):
        AccountStore().load()


def test_keyring_of_another_session_is_an_error(home, keyring, monkeypatch):
    AccountStore().save(Account(token=TOKEN))
    monkeypatch.setattr(accounts, "find_keyring", lambda: None)
    with pytest.raises(AuthenticationError, match="not available in this session"):
        AccountStore().load()


def test_no_keyring_is_found_without_a_desktop(home, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert accounts.find_keyring() is None
