"""docker-compose.yml: one server, or with the profile `cluster` replicas, and what stands around them."""

import re
from pathlib import Path
from typing import Any

import yaml

from app.api.hosts import LOOPBACK, without_port
from tests.docs.command_page import commands

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
REPLICAS = {name for name in SERVICES if name.startswith("replica-")}


def test_without_a_profile_one_server_starts_alone() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["emprox"]
    assert {tuple(service.get("profiles", ["cluster"])) for service in SERVICES.values()} == {("cluster",)}


def test_the_single_server_and_the_cluster_are_published_at_different_ports() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len({re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", port).split(":")[1] for port in published}) == len(published) == 4


def test_every_variable_of_a_server_is_one_that_it_reads() -> None:
    known = {option.envvar for option in commands()["serve"].params}

    for name in ["emprox", *REPLICAS]:
        assert {each for each in SERVICES[name]["environment"] if each.startswith("EMPROX_")} <= known


def test_each_replica_has_a_data_directory_of_its_own_and_the_keys_of_all() -> None:
    volumes = [SERVICES[name]["volumes"] for name in REPLICAS]

    assert len(volumes) == len({data for data, _ in volumes}) == 3
    assert {keys for _, keys in volumes} == {"keys:/keys"}


def test_balancer_and_prometheus_know_every_replica() -> None:
    balanced = re.findall(r"server (replica-\d):8000 ", (ROOT / "deploy" / "nginx.conf").read_text())
    (scraped, *_) = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())["scrape_configs"]

    assert sorted(balanced) == sorted([*REPLICAS] * 2)
    assert set(scraped["static_configs"][0]["targets"]) == {f"{name}:8000" for name in REPLICAS}
    for name in REPLICAS:
        hosts = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", SERVICES[name]["environment"]["EMPROX_ALLOWED_HOSTS"])
        assert {without_port(host) for host in hosts.split(",")} == LOOPBACK | REPLICAS


def test_files_that_a_service_is_given_are_there() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", []) if volume[0] == "."]

    assert mounted
    assert [volume for volume in mounted if not (ROOT / volume.split(":")[0]).exists()] == []
