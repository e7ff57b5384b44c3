from uuid import RFC_4122, UUID

from app.predictor.preparing import random_ids


def test_random_ids_are_version_4_uuids_as_python_writes_them() -> None:
    ids = random_ids(1000)

    parsed = [UUID(each) for each in ids]
    assert [str(each) for each in parsed] == ids
    assert {(each.version, each.variant) for each in parsed} == {(4, RFC_4122)}
    assert len(set(ids)) == 1000


def test_every_digit_of_a_random_id_but_its_version_and_variant_varies() -> None:
    digits = list(zip(*(each.replace("-", "") for each in random_ids(1000)), strict=True))

    assert set(digits[12]) == {"4"}
    assert set(digits[16]) == set("89ab")
    assert all(len(set(column)) == 16 for i, column in enumerate(digits) if i not in {12, 16})
