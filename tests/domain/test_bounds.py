from emprox_client.schemas import StudyDeclaration
from emprox_client.schemas.fields import MAX_MEASURED as ON_THE_WIRE

from app.domain.observation import MAX_MEASURED
from app.domain.study import MAX_METRICS, MAX_PROXIES


def test_the_wire_takes_the_values_that_the_domain_takes() -> None:
    assert ON_THE_WIRE == MAX_MEASURED


def test_the_wire_takes_as_many_metrics_and_proxies_as_the_domain_takes() -> None:
    properties = StudyDeclaration.model_json_schema()["properties"]

    assert properties["metrics"]["maxItems"] == MAX_METRICS
    assert properties["proxies"]["maxItems"] == MAX_PROXIES
