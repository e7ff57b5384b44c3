"""Regression on the one-hot adjacency encoding, as NASLib has it (C. White et al., "How Powerful are Performance
Predictors in Neural Architecture Search?", NeurIPS 2021).

Hyperparameters are NASLib's defaults where that is said.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from xgboost import XGBRegressor

from app.domain.architecture import Architecture
from app.spaces.space import SearchSpace
from benchmarks.baselines.adjacency import AdjacencyEncoding
from benchmarks.baselines.baseline import FloatArray, Standardization

_TUNED_ON = 500  # values that a Gaussian process fits its scales to: the time grows with their third power


class Regressor(Protocol):
    """As scikit-learn has it."""

    def fit(self, features: FloatArray, values: FloatArray) -> object:
        """Learn from features (n, columns) and values (n,)."""

    def predict(self, features: FloatArray) -> FloatArray:
        """Shape (n,)."""


NewRegressor = Callable[[int], Regressor]
"""Gives a regressor that has learned nothing, for a seed."""


class Classical:
    """A regressor of standardized values on the encoding."""

    def __init__(self, space: SearchSpace, new: NewRegressor) -> None:
        self._encode = AdjacencyEncoding(space)
        self._new = new
        self._regressor: Regressor | None = None
        self._scale = Standardization(0, 1)

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Fit a new regressor."""
        self._scale = Standardization.of(values)
        self._regressor = self._new(seed)
        with warnings.catch_warnings():
            # That an iteration ends at its limit, or a scale at its bound, is part of the settings; so are batches that
            # a small sample does not fill.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", "Got `batch_size`", UserWarning)
            self._regressor.fit(self._encode(architectures), self._scale.apply(values))

    def predict(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n,), in the metric's unit."""
        if self._regressor is None:
            raise RuntimeError("fit first")
        return self._scale.undo(np.asarray(self._regressor.predict(self._encode(architectures)), dtype=np.float64))


def xgboost(seed: int) -> Regressor:
    """Boosted trees: NASLib's defaults."""
    regressor: Regressor = XGBRegressor(
        n_estimators=500, max_depth=6, min_child_weight=1, learning_rate=0.3, n_jobs=1, random_state=seed
    )
    return regressor


def random_forest(seed: int) -> Regressor:
    """NASLib's defaults, which it has from NAS-Bench-301 (A. Zela et al., ICLR 2022)."""
    regressor: Regressor = RandomForestRegressor(
        n_estimators=116, max_features=0.17055852159745608, min_samples_leaf=2, bootstrap=False, random_state=seed
    )
    return regressor


def gaussian_process(seed: int) -> Regressor:
    """Radial basis functions, from NASLib's initial scales on; unlike there, they are fitted to the values."""
    return _GaussianProcess(seed)


def perceptron(seed: int) -> Regressor:
    """Layers as wide as NASLib's, 5 rather than 20: those do not always learn anything from a hundred values."""
    regressor: Regressor = MLPRegressor(hidden_layer_sizes=(20,) * 5, batch_size=32, max_iter=500, random_state=seed)
    return regressor


def k_nearest(_seed: int) -> Regressor:
    """The ten nearest, weighted by 1 / distance, as in EmProx."""
    regressor: Regressor = KNeighborsRegressor(10, weights="distance")
    return regressor


class _GaussianProcess:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    def fit(self, features: FloatArray, values: FloatArray) -> None:
        chosen = np.random.default_rng(self._seed).permutation(len(values))[:_TUNED_ON]
        kernel = ConstantKernel(5.0) * RBF(10.0) + WhiteKernel(1.0)
        tuned = GaussianProcessRegressor(kernel).fit(features[chosen], values[chosen])
        self._process = GaussianProcessRegressor(tuned.kernel_, optimizer=None).fit(features, values)

    def predict(self, features: FloatArray) -> FloatArray:
        return np.asarray(self._process.predict(features), dtype=np.float64)
