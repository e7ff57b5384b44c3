from app.domain import errors


def test_the_docstring_draws_every_error() -> None:
    drawn = errors.__doc__ or ""

    # IndexedError is what two of them share, and is never raised itself.
    names = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)} - {"IndexedError", "Mapping"}

    assert {name for name in names if name not in drawn} == set()


def test_an_indexed_error_keeps_what_is_wrong_with_each_item() -> None:
    error = errors.InvalidObservationsError("2 observations break a rule", {3: "no metrics", 5: "no id"})

    assert str(error) == "2 observations break a rule"
    assert error.errors == {3: "no metrics", 5: "no id"}
