"""What a server says of itself: versions, studies, search spaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from emprox_client.answers import VERSION_CALL
from emprox_client.body import encoded
from emprox_client.call import Call, Plan, asking, parsed
from emprox_client.requests.names import path_of
from emprox_client.schemas import Health, Space, Spaces, Studies, Study, Version

M = TypeVar("M", bound=BaseModel)


def version() -> Plan[Version]:
    """Version of the server, and of the encoder of each search space.

    client.version().server
    """
    return asking(VERSION_CALL, Version)


def wait_until_ready() -> Plan[Health]:
    """Return when the server can answer.

        client.wait_until_ready()

    Raises:
        AwayError: it cannot within `total_timeout`.
    """
    return asking(Call("GET", "/health/ready"), Health)


def studies() -> Plan[list[Study]]:
    """All studies, by name.

    [study.name for study in client.studies()]
    """
    return Plan([Call("GET", "/studies")], lambda outcomes: parsed(Studies, outcomes[0]).studies)


def spaces() -> Plan[list[Space]]:
    """All search spaces, by name.

    [space.name for space in client.spaces()]
    """
    return Plan([Call("GET", "/spaces")], lambda outcomes: parsed(Spaces, outcomes[0]).spaces)


def declare_space(name: str, declaration: Mapping[str, Any]) -> Plan[Space]:
    """Declare a search space; repeating a declaration is harmless.

        client.declare_space("blocks", {"kind": "choices", "variables": [{"name": "depth", "values": [1, 2]}]})

    Raises:
        InvalidSpaceError: the declaration breaks a rule.
        SpaceConflictError: it is declared otherwise and in use, or comes with the server.
    """
    return asking(Call("PUT", path_of("spaces", name), encoded(declaration)), Space)
