"""`emprox keys`: made once, kept as a digest, listed and revoked."""

import json
import stat
from pathlib import Path

import pytest

from app.domain.keys import Key
from app.storage.key_file import KeyFile

from .conftest import Emprox


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def only(data: Path) -> Key:
    (key,) = KeyFile(data).keys.values()
    return key


def test_a_key_goes_to_standard_output_alone_and_only_its_digest_is_kept(emprox: Emprox, data: Path) -> None:
    ran = emprox("keys", "create", "workers", "--scope", "write", "--study", "b", "--study", "a")

    text = ran.out.removesuffix("\n")
    key = only(data)
    assert ran.status == 0
    assert text.startswith(f"emprox-{key.key_id}-")
    assert key.is_text(text)
    assert not key.is_text(text[:-1])
    assert ran.err == f"key {key.key_id} of 'workers': write, a, b, never expires. It is shown once.\n"
    assert text.rpartition("-")[2] not in (data / "keys.json").read_text()
    assert stat.S_IMODE((data / "keys.json").stat().st_mode) == 0o600


def test_two_keys_differ_in_everything(emprox: Emprox, data: Path) -> None:
    first, second = emprox("keys", "create", "one").out, emprox("keys", "create", "one").out

    assert first != second
    assert len(KeyFile(data).keys) == 2


def test_the_list_tells_whose_they_are_and_when_they_end(emprox: Emprox, data: Path) -> None:
    emprox("keys", "create", "prometheus", "--scope", "read", "--expires-days", "30")
    key = only(data)
    assert key.expires_at

    ran = emprox("keys", "list")

    assert ran.status == 0
    told = ran.out.splitlines()[1].split()
    assert told == [key.key_id, "prometheus", "read", "all", "studies", f"{key.created_at:%F}", "expires",
                    f"{key.expires_at:%F}"]  # fmt: skip
    assert key.digest not in ran.out


def test_a_revoked_key_stays_in_the_list_as_such(emprox: Emprox, data: Path) -> None:
    emprox("keys", "create", "workers")
    key = only(data)

    assert emprox("keys", "revoke", key.key_id).status == 0

    assert "revoked" in emprox("keys", "list").out
    assert only(data).revoked_at
    assert emprox("keys", "revoke", key.key_id).status == 0  # again, which changes nothing


def test_a_file_without_keys_is_not_told_to_be_open(emprox: Emprox, data: Path) -> None:
    data.mkdir()
    (data / "keys.json").write_text("[]")

    assert "there are no keys" not in emprox("keys", "list").err


def test_a_long_list_is_told_in_whole_words(emprox: Emprox) -> None:
    studies = [f"--study={'s' * 60}{i}" for i in range(5)]
    emprox("keys", "create", "n" * 80, *studies)

    listed = emprox("keys", "list").out

    assert all(each.removeprefix("--study=") in listed for each in studies)


def test_no_keys_are_told_so(emprox: Emprox) -> None:
    assert "there are no keys" in emprox("keys", "list").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", " "], "name ' ' cannot be one: give 1 to 80 printable characters"),
        (["create", "a\nb"], "name 'a\\nb' cannot be one: give 1 to 80 printable characters"),
        (["create", "a", "--study", ".."], "study '..' cannot be one: names are 1 to 64 of a-z 0-9 . _ -"),
        (["create", "a", "--study", "A B"], "study 'A B' cannot be one: names are 1 to 64 of a-z 0-9 . _ -"),
        (["revoke", "0123456789"], "there is no key '0123456789': 'emprox keys list' tells which there are"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    emprox: Emprox, data: Path, arguments: list[str], message: str
) -> None:
    assert emprox("keys", *arguments).error == message

    assert not KeyFile(data).keys


KEY = {"key_id": "0123456789", "name": "a", "scope": "read", "studies": None, "digest": "0" * 64,
       "created_at": "2026-01-01T00:00:00Z", "expires_at": None, "revoked_at": None}  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        "{broken",
        '[{"key_id": 1}]',
        '{"keys": []}',
        json.dumps([{**KEY, "digest": "é"}]),
        json.dumps([{**KEY, "expires_at": "2030-01-01T00:00:00"}]),
    ],
)
def test_a_damaged_file_is_refused_with_what_to_do_and_stays(emprox: Emprox, data: Path, content: str) -> None:
    data.mkdir()
    (data / "keys.json").write_text(content)

    error = emprox("keys", "create", "late").error

    assert error.startswith(f"keys {data / 'keys.json'} cannot be read (")
    assert error.endswith("): mend the file, or make new keys without it")
    assert (data / "keys.json").read_text() == content


def test_what_is_kept_is_plain_json(emprox: Emprox, data: Path) -> None:
    emprox("keys", "create", "workers")

    (kept,) = json.loads((data / "keys.json").read_text())

    assert set(kept) == {"key_id", "name", "scope", "studies", "digest", "created_at", "expires_at", "revoked_at"}
