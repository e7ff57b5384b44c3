"""The baselines by the names under which results tell them."""

from collections.abc import Callable, Mapping
from functools import partial

from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import Baseline
from benchmarks.baselines.classical import (
    Classical,
    gaussian_process,
    k_nearest,
    perceptron,
    random_forest,
    xgboost,
)
from benchmarks.baselines.emprox_paper import EmproxPaper
from benchmarks.baselines.nao import Nao, SemiNas

NewBaseline = Callable[[SearchSpace], Baseline]

NEURAL: Mapping[str, NewBaseline] = {
    "EmProx of the paper, k = 10": partial(EmproxPaper, k=10),
    "EmProx of the paper, k = 60": partial(EmproxPaper, k=60),
    "NAO": Nao,
    "SemiNAS": SemiNas,
}
CLASSICAL: Mapping[str, NewBaseline] = {
    "XGBoost": partial(Classical, new=xgboost),
    "random forest": partial(Classical, new=random_forest),
    "Gaussian process": partial(Classical, new=gaussian_process),
    "multilayer perceptron": partial(Classical, new=perceptron),
    "10 nearest neighbors": partial(Classical, new=k_nearest),
}
BASELINES: Mapping[str, NewBaseline] = {**NEURAL, **CLASSICAL}
