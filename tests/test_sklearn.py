"""The estimators pass scikit-learn's own checks, and work where its users put them."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression as TheirLogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from microgradnn.nn import Network
from microgradnn.sklearn import LogisticRegression, NetworkClassifier, NetworkRegressor

ESTIMATORS = [
    NetworkClassifier(random_state=0),
    NetworkRegressor(random_state=0),
    LogisticRegression(random_state=0),
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)  # type: ignore[untyped-decorator, unused-ignore] # it has no types
def test_it_is_an_estimator_without_exemption(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
def test_tumours_and_digits_are_told_apart_in_cross_validation() -> None:
    tumours, digits = load_breast_cancer(return_X_y=True), load_digits(return_X_y=True)

    assert cross_val_score(NetworkClassifier(iterations=100, random_state=0), *tumours, cv=3).mean() > 0.95
    assert cross_val_score(NetworkClassifier((32,), iterations=100, random_state=0), *digits, cv=2).mean() > 0.9


def test_diabetes_is_predicted_as_well_as_by_a_line() -> None:
    x, y = load_diabetes(return_X_y=True)

    assert cross_val_score(NetworkRegressor((4,), iterations=200, random_state=0), x, y, cv=3).mean() > 0.4


def test_a_grid_is_searched_in_a_pipeline() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier(iterations=60, standardise=False, random_state=0))
    grid = {"networkclassifier__hidden_layer_sizes": [(), (8,)], "networkclassifier__l2": [0.0, 10.0]}

    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)

    assert search.best_score_ > 0.95
    assert set(search.best_params_) == set(grid)


def test_categories_and_text_labels_go_through() -> None:
    x = np.array([["red", 1.0], ["blue", 2.0], ["red", 3.0], ["blue", 4.0]] * 10, dtype=object)
    y = np.array(["no", "yes", "no", "yes"] * 10)
    columns = ColumnTransformer([("colour", OneHotEncoder(), [0])], remainder="passthrough")

    assert make_pipeline(columns, NetworkClassifier((), random_state=0)).fit(x, y).score(x, y) == 1.0


def test_logistic_regression_finds_the_minimum_that_scikit_learn_finds() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) * [1.0, 5.0, 0.2] + [0.0, 3.0, -1.0]
    y = (x @ [1.0, -0.3, 2.0] + rng.logistic(size=200) > 0).astype(int)

    ours = LogisticRegression(iterations=3000, optimiser="gradient_descent", learning_rate=1.0).fit(x, y)
    theirs = TheirLogisticRegression(C=np.inf, tol=1e-10).fit(x, y)

    # Both stand where the gradient of the mean cost is below 1e-10, and the cost is curved by more than 1e-3 there.
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=0, atol=1e-5)


def test_several_targets_keep_their_shape_and_their_units() -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    y = np.hstack([100 * x + 1000, -x])

    regressor = NetworkRegressor((), optimiser="gradient_descent", learning_rate=0.5, random_state=0).fit(x, y)

    assert regressor.predict(x).shape == (50, 2)
    np.testing.assert_allclose(regressor.predict(x), y, rtol=1e-9)  # a line: the error halves in each step


def test_what_is_inside_is_a_network_and_its_history() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    fitted = NetworkClassifier((5,), iterations=7, random_state=0).fit(x, y)

    assert isinstance(fitted.network_, Network)
    assert fitted.network_.n == [30, 5, 1]
    assert len(fitted.history_.costs) == 7


def test_patience_and_class_weights_reach_the_training() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    labels = np.array(["bad", "good"])[y]
    stopped = NetworkClassifier((8,), patience=5, iterations=2000, random_state=0).fit(x, labels)
    heavy = LogisticRegression(class_weight={"bad": 1.0, "good": 1e-3}, iterations=100, random_state=0).fit(x, labels)
    balanced = LogisticRegression(class_weight="balanced", iterations=100, random_state=0).fit(x, labels)

    assert stopped.history_.stopped.startswith("the cost of the validation set")
    assert stopped.score(x, labels) > 0.9
    assert (heavy.predict(x) == "bad").mean() > (balanced.predict(x) == "bad").mean() + 0.1
    assert balanced.score(x, labels) > 0.95
    assert NetworkRegressor((4,), patience=3, random_state=0).fit(x, x[:, 0]).history_.best is not None


def test_missing_values_and_categories_are_searched_over_in_one_pipeline() -> None:
    rng = np.random.default_rng(0)
    kind, size = rng.choice(["attic", "cellar", "hall"], 120), rng.uniform(1, 7, 120)
    y = np.where((kind == "attic") | (size > 5), "high", "low")
    size[::13] = np.nan
    columns = make_column_transformer((OneHotEncoder(), [0]), (SimpleImputer(strategy="median"), [1]))
    pipeline = make_pipeline(columns, NetworkClassifier((8,), iterations=150, random_state=0))

    search = GridSearchCV(pipeline, {"networkclassifier__l2": [0.0, 1.0]}, cv=2)

    assert search.fit(np.column_stack([kind, size.astype(object)]), y).best_score_ > 0.85


@pytest.mark.slow
def test_a_search_runs_on_a_dask_cluster() -> None:
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    joblib = pytest.importorskip("joblib")
    x, y = load_breast_cancer(return_X_y=True)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        assert len(client.scheduler_info()["workers"]) == 2
        grid = {"hidden_layer_sizes": [(), (4,)]}
        search = GridSearchCV(NetworkClassifier(iterations=30, random_state=0), grid, cv=2).fit(x, y)

    assert search.best_score_ > 0.9
