"""Suggestions that workers were given and have not answered yet."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from app.domain.errors import SuggestionExpiredError, SuggestionNotFoundError
from app.domain.suggestion import Suggestion

FORGOTTEN_AFTER = timedelta(days=7)  # until then an expired suggestion is told from one that never was


class Pending:
    """The suggestions of a study. Belongs to one thread at a time.

    `answered` says whether what was suggested has been trained since (`StudyState.answered`).
    """

    def __init__(self, suggestions: Iterable[Suggestion]) -> None:
        self._by_id = {each.suggestion_id: each for each in suggestions}

    @property
    def ids(self) -> frozenset[str]:
        """Of all, expired and answered ones as well."""
        return frozenset(self._by_id)

    def open(self, now: datetime, answered: Callable[[Suggestion], bool]) -> list[Suggestion]:
        """Those that are neither expired nor answered, oldest first."""
        return [each for each in self._by_id.values() if each.expires_at > now and not answered(each)]

    def get(self, suggestion_id: str, now: datetime) -> Suggestion:
        """One that has not expired.

        Raises:
            SuggestionNotFoundError: there is none of this id.
            SuggestionExpiredError: it has expired.
        """
        if suggestion_id not in self._by_id:
            raise SuggestionNotFoundError(
                f"there is no suggestion {suggestion_id[:80]!r}: it was given back, or never made"
            )
        found = self._by_id[suggestion_id]
        if found.expires_at <= now:
            raise SuggestionExpiredError(
                f"suggestion {suggestion_id!r} expired at {found.expires_at:%Y-%m-%d %H:%M:%S} UTC, and its "
                "architecture may be suggested to others: ask for another with POST /suggest; a result of it is still "
                "welcome"
            )
        return found

    def put(self, suggestions: Iterable[Suggestion]) -> None:
        """Add suggestions, or replace those of the same ids."""
        self._by_id |= {each.suggestion_id: each for each in suggestions}

    def remove(self, suggestion_ids: Iterable[str]) -> None:
        """Forget suggestions."""
        for each in suggestion_ids:
            self._by_id.pop(each, None)

    def settled(self, now: datetime, answered: Callable[[Suggestion], bool]) -> list[str]:
        """Ids of those that need not be kept: answered, or expired long ago."""
        return [key for key, each in self._by_id.items() if answered(each) or each.expires_at + FORGOTTEN_AFTER <= now]
