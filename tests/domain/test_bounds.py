from emprox_client.schemas.fields import MAX_MEASURED as ON_THE_WIRE

from app.domain.observation import MAX_MEASURED


def test_the_wire_takes_the_values_that_the_domain_takes() -> None:
    assert ON_THE_WIRE == MAX_MEASURED
