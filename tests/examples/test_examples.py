"""Every example does what it says."""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from emprox_client import StudyHandle
from emprox_client.schemas import ObservationRecord

from .conftest import EXAMPLES, ROOT, Shell

PERCEPTRON = ("python", "examples/perceptron.py")


def choices(observation: ObservationRecord) -> dict[str, Any]:
    assert isinstance(observation.architecture, dict)
    made: dict[str, Any] = observation.architecture["choices"]
    return made


def test_a_perceptron_is_trained_for_real(shell: Shell) -> None:
    good = {"layers": 1, "width": 64, "taper": 1.0, "activation": "relu"}

    accuracies = [
        float(shell(*PERCEPTRON, json.dumps({"choices": each})).stdout)
        for each in (good, {**good, "width": 4, "layers": 4, "taper": 0.5})
    ]

    assert 90 < accuracies[0] <= 100
    assert accuracies[1] < accuracies[0]


def test_a_worker_trains_what_it_is_told_to(shell: Shell) -> None:
    said = shell("python", "examples/worker.py", "--worker", "gpu-7", "--trainings", "3", "--study", "three").stdout

    observations = shell.observations("three")
    assert len({each.architecture_id for each in observations}) == 3
    assert [each.worker for each in observations] == ["gpu-7"] * 3
    assert [f"has {each.metrics['val_accuracy']:.2f} %" in said for each in observations] == [True] * 3


def test_a_training_that_raises_is_told_as_failed(shell: Shell, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(choices: dict[str, Any]) -> float:
        raise MemoryError("8 GiB are not enough")

    worker = module("worker")
    monkeypatch.setattr(worker, "train", out_of_memory)
    monkeypatch.setenv("EMPROX_URL", shell.url)

    worker.work("gpu-8", 1, "failing")

    (observation,) = shell.observations("failing")
    assert (observation.status, observation.metadata) == ("failed", {"error": "8 GiB are not enough"})


def test_evolution_trains_its_most_promising_children_from_the_first_generation_on(shell: Shell) -> None:
    said = shell("python", "examples/regularized_evolution.py", "13").stdout

    observations = shell.observations("evolution")
    assert len(observations) == len(said.splitlines()) == 13
    assert {each.status for each in observations} == {"completed"}


def test_evolution_has_thirty_lines_of_code() -> None:
    code = (EXAMPLES / "regularized_evolution.py").read_text(encoding="utf-8").rpartition('"""')[2]

    assert (
        len([line for line in code.splitlines() if line.strip()]) <= 32
    )  # with three of imports and one of parameters


def test_optuna_trains_what_is_suggested_and_tells_what_was_pruned(shell: Shell) -> None:
    said = shell("python", "examples/optuna_search.py", "9")

    observations = shell.observations("optuna")
    states = [each.metadata["state"] for each in observations]
    assert len(observations) == 9
    assert [each.status == "failed" for each in observations] == [state == "PRUNED" for state in states]
    assert states.count("PRUNED") == said.stderr.count(" pruned.")
    best = max(each.metrics["val_accuracy"] for each in observations if each.metrics)
    assert said.stdout.startswith(f"best {best:.2f} %")


def test_trials_of_optuna_that_fail_are_told_unless_they_took_nothing(study: StudyHandle, module: Any) -> None:
    optuna, example = module("optuna"), module("optuna_search")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: Any) -> float:
        if trial.number == 0:
            raise ValueError("no data")
        trial.suggest_float("learning_rate", 0.001, 0.1)  # another sampler's
        trial.suggest_categorical("layers", example.VALUES["layers"])
        if trial.number == 1:
            raise ValueError("too deep")
        raise optuna.TrialPruned

    search = optuna.create_study(sampler=example.EmProxSampler(study, example.VALUES, "val_accuracy"))
    search.optimize(objective, n_trials=3, catch=ValueError)

    failed = list(study.observations())[::-1]
    assert [(each.status, each.metadata["state"]) for each in failed] == [("failed", "FAIL"), ("failed", "PRUNED")]
    assert all(choices(each).keys() == example.VALUES.keys() for each in failed)


def test_syne_tune_trains_what_is_suggested(shell: Shell) -> None:
    said = shell("python", "examples/syne_tune_search.py", "2").stdout

    observations = shell.observations("syne-tune")
    assert len(observations) >= 2
    best = max(each.metrics["val_accuracy"] for each in observations)
    (told,) = re.findall(r"best ([0-9.]+) for trial-id", said)
    assert float(told) == pytest.approx(best)
    assert not (ROOT / "std.out").exists()  # where Syne Tune looks for GPUs, it leaves one


def test_trials_of_syne_tune_that_fail_are_told(study: StudyHandle, module: Any) -> None:
    example = module("syne_tune_search")
    space = {name: example.choice(values) for name, values in example.VALUES.items()}
    searcher = example.EmProxSearcher(study, space, "val_accuracy")

    first, second = searcher.suggest(), searcher.suggest()
    searcher.on_trial_error(1)
    searcher.on_trial_complete(0, first, -90.0)

    failed, completed = list(study.observations())[::-1]
    assert (failed.status, choices(failed)) == ("failed", second)
    assert (completed.metrics, choices(completed)) == ({"val_accuracy": 90.0}, first)


def test_curl_alone_is_a_worker(shell: Shell, study: StudyHandle) -> None:
    settings: dict[str, Any] = {"STUDY": study.name, "WORKER": "curl-1"}

    shell("sh", "examples/curl_worker.sh", *PERCEPTRON, TRAININGS="2", **settings)
    shell("sh", "examples/curl_worker.sh", "false", TRAININGS="1", **settings)

    observations = list(study.observations())[::-1]
    assert [(each.status, each.worker) for each in observations] == [("completed", "curl-1")] * 2 + [
        ("failed", "curl-1")
    ]
    assert len({each.architecture_id for each in observations}) == 3


def test_curl_gives_the_command_cells_that_are_texts(shell: Shell) -> None:
    # The accuracy of a cell here is how long it is written.
    command = ("python", "-c", "import json, sys; print(len(json.loads(sys.argv[1])))")

    shell("sh", "examples/curl_worker.sh", *command, TRAININGS="1")

    (observation,) = shell.observations("default")
    assert observation.metrics == {"val_accuracy": len(str(observation.architecture))}


def test_curl_ends_with_what_the_server_says_is_wrong(shell: Shell) -> None:
    result = shell("sh", "examples/curl_worker.sh", "true", check=False, STUDY="unknown")

    assert result.returncode == 1
    assert "unknown_study" in result.stderr


def test_the_tasks_of_a_slurm_array_are_workers(shell: Shell) -> None:
    settings: dict[str, Any] = {"SLURM_ARRAY_JOB_ID": "41", "TRAININGS": "2", "PYTHON": sys.executable}

    def task(number: str) -> str:
        return shell("bash", "examples/slurm_array.sbatch", SLURM_ARRAY_TASK_ID=number, **settings).stdout

    with ThreadPoolExecutor(2) as threads:
        said = list(threads.map(task, ["0", "1"]))

    observations = shell.observations("perceptrons")
    assert all(f"slurm-41-{i}: " in lines for i, lines in enumerate(said))
    assert sorted(each.worker or "" for each in observations) == ["slurm-41-0"] * 2 + ["slurm-41-1"] * 2
    assert len({each.architecture_id for each in observations}) == 4


def test_a_slurm_task_without_a_server_says_what_is_missing(shell: Shell) -> None:
    result = shell("bash", "examples/slurm_array.sbatch", check=False, EMPROX_URL="", SLURM_ARRAY_TASK_ID="0")

    assert result.returncode == 1
    assert "EMPROX_URL: names the server" in result.stderr


def test_the_readme_has_a_line_for_each() -> None:
    listed = re.findall(r"^\| \[([^]]+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(listed) == sorted(
        path.name for path in EXAMPLES.iterdir() if path.is_file() and path.name != "README.md"
    )


@pytest.mark.parametrize("command", [(), ("no-such-command",)])
def test_curl_without_a_command_that_runs_tells_the_server_nothing(shell: Shell, command: tuple[str, ...]) -> None:
    before = len(shell.observations("default"))

    refused = shell("sh", "examples/curl_worker.sh", *command, check=False)

    assert refused.returncode in {2, 127}
    assert len(shell.observations("default")) == before
