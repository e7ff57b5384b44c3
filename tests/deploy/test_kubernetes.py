"""The manifests of deploy/kubernetes; their schemas are looked at by `make lint`."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api import health
from app.cli.serve_run import _GRACE_SECONDS
from tests.docs.command_page import commands

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
MANIFESTS: dict[str, Any] = {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yaml")}
POD = MANIFESTS["deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]


def test_all_but_what_needs_an_operator_is_applied_together() -> None:
    assert {Path(name).stem for name in MANIFESTS["kustomization"]["resources"]} == (
        set(MANIFESTS) - {"kustomization", "monitor"}
    )


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
def test_the_kustomization_names_image_and_namespace() -> None:
    command = ["kubectl", "kustomize", str(FOLDER)]
    built = list(yaml.safe_load_all(subprocess.check_output(command, text=True)))  # noqa: S603

    (deployment,) = (each for each in built if each["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/emprox:0.1.0"
    assert {each["metadata"].get("namespace", "emprox") for each in built} == {"emprox"}


def test_every_variable_is_one_that_the_server_reads() -> None:
    given = {*MANIFESTS["settings"]["data"], *(each["name"] for each in CONTAINER["env"])}

    assert {name for name in given if name.startswith("EMPROX_")} <= {
        option.envvar for option in commands()["serve"].params
    }


def test_a_service_of_the_servers_name_does_not_set_its_port() -> None:
    assert MANIFESTS["service"]["metadata"]["name"] == "emprox"
    assert POD["spec"]["enableServiceLinks"] is False


def test_all_that_selects_pods_selects_those_of_the_deployment() -> None:
    specs = {name: MANIFESTS[name]["spec"] for name in ("deployment", "service", "disruption", "network", "monitor")}
    selectors = [spec.get("selector", spec.get("podSelector")) for spec in specs.values()]

    assert [each.get("matchLabels", each) for each in selectors] == [POD["metadata"]["labels"]] * 5


def test_probes_ask_what_there_is() -> None:
    routes = {route.path for route in health.router.routes if hasattr(route, "path")}
    asked = {name: CONTAINER[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}

    assert set(asked.values()) <= routes
    assert asked["readinessProbe"] == "/health/ready"
    assert asked["livenessProbe"] == "/health/live"


def test_a_pod_has_the_time_to_end_in_order() -> None:
    waits = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert waits + 2 * _GRACE_SECONDS < POD["spec"]["terminationGracePeriodSeconds"]
