"""What every `ObservationStore` does with declared search spaces; inherited as `ObservationStoreContract` is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from app.domain.errors import SpaceConflictError
from app.domain.study import Study
from app.predictor.store import ObservationStore

from .observation_store_contract import CELLS, METRICS, numbered, text, trained

BLOCKS = Study("nightly", "blocks", METRICS)
THREE, FOUR = '{"blocks":3}', '{"blocks":4}'  # declarations; a store keeps their text and reads nothing into it


def declarations(store: ObservationStore) -> dict[str, str]:
    return {record.name: record.declaration for record in store.spaces()}


class SpaceContract:
    """An adapter's test class overrides `store` with an empty one."""

    @pytest.fixture
    def store(self) -> Iterator[ObservationStore]:
        raise NotImplementedError

    @pytest.fixture
    def cells(self, store: ObservationStore) -> ObservationStore:
        """The store with the study `cells`, still without observations."""
        store.declare(CELLS)
        return store

    def test_new_store_has_no_spaces(self, store: ObservationStore) -> None:
        assert store.spaces() == []

    def test_declared_space_is_there_as_it_was_declared(self, store: ObservationStore) -> None:
        before = datetime.now(UTC)

        assert store.declare_space("blocks", THREE)

        (record,) = store.spaces()
        assert (record.name, record.declaration) == ("blocks", THREE)
        assert before <= record.created_at <= datetime.now(UTC)

    def test_declaring_the_same_space_again_changes_nothing(self, store: ObservationStore) -> None:
        store.declare_space("blocks", THREE)
        records = store.spaces()

        assert not store.declare_space("blocks", THREE)
        assert store.spaces() == records

    def test_space_without_observations_can_be_declared_otherwise(self, store: ObservationStore) -> None:
        store.declare_space("blocks", THREE)
        store.declare(BLOCKS)
        (record,) = store.spaces()

        assert store.declare_space("blocks", FOUR)

        assert store.spaces() == [replace(record, declaration=FOUR)]
        assert not store.declare_space("blocks", FOUR)

    def test_space_in_use_cannot_be_declared_otherwise(self, store: ObservationStore) -> None:
        store.declare_space("blocks", THREE)
        store.declare(replace(BLOCKS, name="idle"))
        store.declare(BLOCKS)
        store.append("nightly", [trained("run-0")])
        records = store.spaces()

        with pytest.raises(SpaceConflictError, match=r"'blocks'.*study 'nightly' has observations.*another name"):
            store.declare_space("blocks", FOUR)

        assert store.spaces() == records
        assert not store.declare_space("blocks", THREE)

    def test_observations_of_another_space_do_not_hold_a_space(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 2))
        cells.declare_space("blocks", THREE)

        assert cells.declare_space("blocks", FOUR)

    def test_spaces_come_by_name(self, store: ObservationStore) -> None:
        for name in ("chain", "blocks", "_", "a-b", "a.b"):
            store.declare_space(name, THREE)

        assert list(declarations(store)) == ["_", "a-b", "a.b", "blocks", "chain"]

    @given(declaration=text)
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    def test_any_declaration_comes_back_as_it_was(self, store: ObservationStore, declaration: str) -> None:
        name = uuid4().hex

        assert store.declare_space(name, declaration)

        assert declarations(store)[name] == declaration
        assert not store.declare_space(name, declaration)

    def test_of_concurrent_declarations_of_a_space_exactly_one_is_new(self, store: ObservationStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: store.declare_space("blocks", THREE), range(8)))

        assert sorted(outcomes) == [False] * 7 + [True]

    def test_space_is_either_declared_otherwise_or_observed_but_never_both(self, store: ObservationStore) -> None:
        def redeclare(name: str) -> bool:
            try:
                return store.declare_space(name, FOUR)
            except SpaceConflictError:
                return False

        with ThreadPoolExecutor(2) as pool:
            for i in range(20):
                name = f"space-{i}"
                store.declare_space(name, THREE)
                store.declare(replace(BLOCKS, name=name, space=name))
                redeclared = pool.submit(redeclare, name)
                pool.submit(store.append, name, [trained("run-0")]).result()

                assert declarations(store)[name] == (FOUR if redeclared.result() else THREE)
                assert not redeclare(name)
