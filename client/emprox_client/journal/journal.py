"""A journal: observations that no server has acknowledged yet."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from emprox_client.body import encoded
from emprox_client.call import Call, Journaled, Outcome
from emprox_client.errors import (
    AwayError,
    ClosedError,
    EmProxError,
    InvalidRequestError,
    JournalError,
    OldServerError,
    RefusedError,
)
from emprox_client.journal import lines
from emprox_client.journal.lock import locked
from emprox_client.requests.names import is_name
from emprox_client.requests.observing import acknowledged, observe_all

_log = logging.getLogger("emprox_client")

_Key = tuple[str, str]  # study and observation id


@dataclass(frozen=True)
class _Entry:
    study: str
    observation: Mapping[str, Any]

    @property
    def key(self) -> _Key:
        return self.study, self.observation["observation_id"]


class Journal:
    """A file of JSON lines, `{"study": ..., "observation": {...}}`, which any number of processes may share.

    What the server refuses moves to `<path>.refused`, with the server's sentence, so that it keeps nothing back. An
    entry may be sent twice: its id makes that harmless.

    Args:
        path: of the file; its folder exists.

    Raises:
        JournalError: it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self.path = Path(os.path.realpath(path))  # a link stays one
            is_folder = self.path.is_dir()
        except (OSError, TypeError, ValueError) as err:
            raise JournalError(f"{path!r} cannot be the path of a journal: {err}") from err
        if is_folder:
            raise JournalError(f"the journal {self.path} is a folder: name a file in it")
        with self._told("written"), locked(self.path):
            lines.append(self.path, [])

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        try:
            return self.path.stat().st_size == 0
        except OSError:
            return True

    def calls(self) -> list[Call]:
        """Requests that send what waits.

        Raises:
            JournalError: it cannot be read.
        """
        with self._told("read"):
            found = [_read(line) for line in lines.read(self.path)]
        if None in found:
            self._remove(set(), {})
        entries = [entry for entry in found if entry]
        entries.sort(key=lambda entry: entry.study)
        return [
            call
            for study, of_study in groupby(entries, key=lambda entry: entry.study)
            for call in observe_all([entry.observation for entry in of_study], study=study).calls
        ]

    def kept(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes, in which observations that found no server are kept, durably.

        Where they cannot be kept, a JournalError with the reason is their outcome.
        """
        pairs = list(zip(calls, outcomes))
        lost = [call for call, outcome in pairs if isinstance(outcome, (AwayError, ClosedError))]
        if not lost:
            return list(outcomes)
        became: Outcome = Journaled()
        try:
            with self._told("written"), locked(self.path):
                lines.append(self.path, [_line(call.study, each) for call in lost for each in call.observations])
        except EmProxError as err:
            became = err
        else:
            n = sum(len(call.observations) for call in lost)
            _log.warning("%d observations got no answer, and wait in %s.", n, self.path)
        return [became if call in lost else outcome for call, outcome in pairs]

    def settle(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> int:
        """Remove what was acknowledged or refused; returns how many were acknowledged.

        Raises:
            JournalError: it cannot be written.
            EmProxError: why others are still there.
        """
        stored: set[_Key] = set()
        refused: dict[_Key, EmProxError] = {}
        blocked: EmProxError | None = None
        for call, outcome in zip(calls, outcomes):
            keys = [(call.study, each["observation_id"]) for each in call.observations]
            try:
                acknowledged(call, outcome)
                stored.update(keys)
            except EmProxError as err:
                if _is_refused(err):
                    refused.update(_refused(call, keys, err))
                else:
                    blocked = blocked or err
        if stored or refused:
            self._remove(stored, refused)
        if blocked:
            raise blocked
        return len(stored)

    def _remove(self, stored: set[_Key], refused: Mapping[_Key, EmProxError]) -> None:
        with self._told("written"), locked(self.path):
            left, out = [], []
            for line in lines.read(self.path):
                entry = _read(line)
                if entry is None:
                    # The end of a writer that was killed; nobody was told that it is kept.
                    out.append(encoded({"line": line.decode(errors="replace"), "error": "this is no observation"}))
                elif entry.key in refused:
                    out.append(_line(entry.study, entry.observation, error=str(refused[entry.key])))
                elif entry.key not in stored:
                    left.append(line)
            if out:
                beside = self.path.with_name(f"{self.path.name}.refused")
                lines.append(beside, out)
                why = next((str(err) for err in refused.values()), "a line is no observation")
                _log.warning("%d observations were refused, and are in %s now: %s", len(out), beside, why)
            lines.replace(self.path, left)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as err:  # ValueError: NUL in the path, as Python 3.9 tells it
            why = getattr(err, "strerror", None) or err
            raise JournalError(
                f"the journal {self.path} cannot be {what}: {why}. Make room, or give it another place"
            ) from err


def _is_refused(err: EmProxError) -> bool:
    """Whether it is about what was sent, such as a field that is too new, and not about the server as a whole."""
    return isinstance(err, RefusedError) or (isinstance(err, OldServerError) and bool(err.errors))


def _refused(call: Call, keys: Sequence[_Key], err: EmProxError) -> dict[_Key, EmProxError]:
    """Those that the server names, each with what is wrong with it; all where it names none."""
    named: dict[_Key, EmProxError] = {
        keys[item.index - call.items.start]: RefusedError(item.detail)
        for item in err.errors
        if item.index is not None and item.index in call.items
    }
    return named or dict.fromkeys(keys, err)


def _read(line: bytes) -> _Entry | None:
    try:
        found = json.loads(line)
        entry = _Entry(found["study"], found["observation"])
        observation_id = entry.observation["observation_id"]
        encoded(found)  # no NaN and no 1e999, which Python reads and cannot send
    except (ValueError, KeyError, TypeError, RecursionError, InvalidRequestError):
        return None
    return entry if is_name(entry.study) and observation_id and isinstance(observation_id, str) else None


def _line(study: str, observation: Mapping[str, Any], **others: str) -> bytes:
    return encoded({"study": study, "observation": observation, **others})
