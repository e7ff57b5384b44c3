import json
from pathlib import Path

import pytest

from .conftest import Emprox
from .tables import chains, table_of, table_of_chains

MEASURES = [
    "kendall_tau",
    "spearman",
    "pearson",
    "mae",
    "rmse",
    "top_10_precision",
    "coverage",
    "fit_seconds",
    "query_ms",
]
COMMAND = ["evaluate", "--space", "nasbench201", "--metric", "acc", "--train", 35, "--test", 10, "--trials", 2]


def test_json_is_one_object_with_mean_and_deviation_of_every_measure(emprox: Emprox, table: Path) -> None:
    ran = emprox(*COMMAND, "--table", table, "--json")

    assert (ran.status, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert len(ran.out.splitlines()) == 1
    assert all(set(found[name]) == {"mean", "std"} for name in MEASURES)
    assert found["kendall_tau"]["mean"] > 0.5


def test_json_says_what_was_done(emprox: Emprox, table: Path) -> None:
    found = json.loads(emprox(*COMMAND, "--table", table, "--json", "--seed", 3, "--k", 5).out)

    told = {name: value for name, value in found.items() if name not in MEASURES}
    assert told.pop("encoder").startswith("nasbench201/1 ")
    assert told == {
        "train": 35,
        "test": 10,
        "trials": 2,
        "seed": 3,
        "weighting": "kriging",
        "k": 5,
        "isomorphic_split": False,
        "proxies": [],
    }


def test_without_json_it_is_a_table_for_people(emprox: Emprox, table: Path) -> None:
    ran = emprox(*COMMAND, "--table", table)

    assert (ran.status, ran.err) == (0, "")
    assert all(name in ran.out for name in MEASURES)


@pytest.mark.parametrize("weighting", ["kriging", "inverse_distance", "uniform"])
@pytest.mark.parametrize("encoder", ["graph", "structural"])
def test_every_weighting_can_be_asked_of_both_embeddings(
    emprox: Emprox, table: Path, weighting: str, encoder: str
) -> None:
    found = json.loads(emprox(*COMMAND, "--table", table, "--json", "--weighting", weighting, "--encoder", encoder).out)

    assert (found["weighting"], found["encoder"]) == (weighting, f"nasbench201/1 {encoder}")


def test_an_isomorphic_split_leaves_repeated_networks_out(emprox: Emprox, tmp_path: Path, notations: list[str]) -> None:
    repeated = table_of(tmp_path / "repeated.csv", notations * 2)
    command = ["evaluate", "--space", "nasbench201", "--metric", "acc", "--table", repeated, "--train", 30]

    apart = emprox(*command, "--test", 0, "--trials", 1, "--isomorphic-split", "--json")
    too_many = emprox(*command, "--test", 89, "--trials", 1, "--isomorphic-split")

    assert json.loads(apart.out)["isomorphic_split"] is True
    assert too_many.error == (
        "120 architectures are too few for 30 to train and 89 to test that are not isomorphic to those: ask for fewer"
    )
    assert emprox(*command, "--test", 89, "--trials", 1).status == 0


def test_a_measure_that_is_not_defined_is_null(emprox: Emprox, tmp_path: Path, notations: list[str]) -> None:
    table = tmp_path / "nearly_constant.csv"
    table.write_text("arch,acc\n" + "".join(f"{cell},{90 + (i == 0)}\n" for i, cell in enumerate(notations)))

    found = json.loads(
        emprox(*COMMAND[:5], "--table", table, "--train", 57, "--test", 2, "--trials", 1, "--json").out,
        parse_constant=pytest.fail,
    )

    assert found["kendall_tau"] == {"mean": None, "std": None}


def test_too_few_rows_are_told(emprox: Emprox, table: Path) -> None:
    error = emprox("evaluate", "--space", "nasbench201", "--metric", "acc", "--table", table).error

    assert error == "60 architectures are too few for 121 to train and 100 to test: ask for fewer"


def test_an_unknown_space_is_told_with_those_that_there_are(emprox: Emprox, table: Path) -> None:
    error = emprox("evaluate", "--space", "dart", "--metric", "acc", "--table", table).error

    assert error.startswith("search space 'dart' is not known: the spaces are darts, nasbench101, nasbench201, ")
    assert error.endswith("; one that you declare is named by its file, such as blocks.yaml")


@pytest.mark.parametrize("encoder", [[], ["--encoder", "structural"]])
def test_a_declared_space_without_a_trained_encoder_is_evaluated_as_the_server_serves_it(
    emprox: Emprox, tmp_path: Path, encoder: list[str]
) -> None:
    command = ["--space", chains(tmp_path), "--table", table_of_chains(tmp_path), "--models-dir", tmp_path / "models"]

    ran = emprox("evaluate", *command, *COMMAND[3:], "--json", *encoder)

    found = json.loads(ran.out)
    assert (found["encoder"], ran.err) == ("chains/0 structural", "")
    assert found["kendall_tau"]["mean"] > 0.5
    assert not (tmp_path / "models").exists()


def test_the_graph_encoder_of_a_space_without_a_trained_one_is_refused(emprox: Emprox, tmp_path: Path) -> None:
    command = ["--space", chains(tmp_path), "--table", table_of_chains(tmp_path), "--models-dir", tmp_path / "models"]

    error = emprox("evaluate", *command, *COMMAND[3:], "--encoder", "graph").error

    assert error.startswith(f"there is no trained encoder for 'chains' in {tmp_path / 'models'}: train one with")


def test_a_row_that_is_no_architecture_is_told_by_its_number(emprox: Emprox, table: Path) -> None:
    with table.open("a") as file:
        file.write("cell,90\n")

    assert emprox(*COMMAND, "--table", table).error.startswith(f"row 61 of {table}: a NAS-Bench-201 cell")


def test_a_column_without_values_is_told(emprox: Emprox, table: Path, notations: list[str]) -> None:
    table.write_text(f"arch,acc\n{notations[0]},\n")

    assert emprox(*COMMAND, "--table", table).error == f"{table} has no row with a value in column 'acc'"


def test_a_version_that_was_never_trained_is_told(emprox: Emprox, table: Path) -> None:
    error = emprox(*COMMAND, "--table", table, "--encoder-version", 999).error

    assert "has no version 999: the latest is 1" in error


def test_a_column_that_hints_at_the_metric_helps(emprox: Emprox, tmp_path: Path) -> None:
    table = table_of_chains(tmp_path)
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    table.write_text("".join(json.dumps({**row, "hint": i, "acc": i}) + "\n" for i, row in enumerate(rows)))
    command = ["evaluate", "--space", chains(tmp_path), "--metric", "acc", "--train", 40, "--test", 20, "--trials", 2]

    without, hinted = (
        json.loads(emprox(*command, "--table", table, "--json", *proxies).out) for proxies in ([], ["--proxy", "hint"])
    )

    assert hinted["proxies"] == ["hint"]
    assert hinted["kendall_tau"]["mean"] > max(0.9, without["kendall_tau"]["mean"])


def test_a_row_without_its_proxy_is_told_by_its_number(emprox: Emprox, tmp_path: Path, notations: list[str]) -> None:
    table = tmp_path / "table.csv"
    table.write_text("".join(f"{row}\n" for row in ["arch,acc,hint", f"{notations[0]},90,1", f"{notations[1]},91,"]))

    ran = emprox(*COMMAND, "--table", table, "--proxy", "hint")

    assert ran.status == 1
    assert "row 2 of" in ran.err
    assert "no value in column 'hint'" in ran.err
