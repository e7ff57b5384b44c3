"""docs/client.md names every method and every error of the client."""

import re
from pathlib import Path

from emprox_client import Client, errors

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "client.md").read_text(encoding="utf-8")


def test_every_method_is_named() -> None:
    for_plans = {"send", "bound", "close", "study"}
    methods = {name for name in dir(Client) if not name.startswith("_") and callable(getattr(Client, name))}

    assert sorted(name for name in methods - for_plans if not re.search(rf"\b{name}\(", PAGE)) == []


def test_every_error_is_named() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]

    assert [each.__name__ for each in classes if f"`{each.__name__}`" not in PAGE] == []
