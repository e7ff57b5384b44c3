"""The client has an error for each problem that the server knows."""

from emprox_client import errors
from emprox_client.problems import class_of

from app.api.problems import KINDS


def test_each_problem_is_an_error_of_its_own_of_the_client() -> None:
    of_types = {kind.type: class_of(kind.type, kind.status) for kind in KINDS.values()}

    assert len(set(of_types.values())) == len(of_types)
    for cls in of_types.values():
        assert cls not in {errors.RefusedError, errors.BusyError, errors.InvalidRequestError, errors.UnknownError}


def test_the_tree_of_errors_is_drawn_whole() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]

    assert [each.__name__ for each in classes if each.__name__ not in (errors.__doc__ or "")] == []
