"""A network in a pipeline of scikit-learn's, and its hyperparameters found by a search. Needs scikit-learn.

Prints the accuracy of a line, and of the network that a random search over 6 settings, each by 3-fold cross-validation,
finds best, on 100 examples that neither has seen; and writes scikit_learn.svg, the border between the two moons.
"""

from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from microgradnn.data import moons
from microgradnn.nn import plot_boundary
from microgradnn.sklearn import LogisticRegression, NetworkClassifier

train, test = moons(200, noise=0.2, seed=0), moons(100, noise=0.2, seed=1)
X, y = train.X.T, train.Y[0]  # a line for each example, as scikit-learn has it

line = LogisticRegression(iterations=200).fit(X, y)
print(f"{test.X.shape[1]} examples to test; a line: accuracy {line.score(test.X.T, test.Y[0]):.1%}")

search = RandomizedSearchCV(
    make_pipeline(StandardScaler(), NetworkClassifier(iterations=150, random_state=0)),
    {
        "networkclassifier__hidden_layer_sizes": [(4,), (16,), (16, 16)],
        "networkclassifier__learning_rate": [0.003, 0.01, 0.03, 0.1],
        "networkclassifier__l2": [0.0, 0.1, 1.0],
    },
    n_iter=6,
    cv=3,
    random_state=0,
).fit(X, y)
chosen = {name.partition("__")[2]: x for name, x in search.best_params_.items()}
print(f"of 6 settings, each by 3-fold cross-validation: {chosen}")
print(f"accuracy {search.score(test.X.T, test.Y[0]):.1%}")
plot_boundary(lambda x: search.predict_proba(x.T)[:, 1][None], test.X, test.Y, "scikit_learn.svg", points=60)
print("wrote scikit_learn.svg")
