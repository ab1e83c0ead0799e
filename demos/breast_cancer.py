"""Malignant or benign: logistic regression on 30 measurements of 569 tumours (A1, A5, B19, C3).

The data come with scikit-learn: pip install "microgradnn[sklearn]". Prints the accuracy on the 114 examples
of the test set for five splits, beside that of scikit-learn's LogisticRegression with the same penalty.
"""

import numpy as np

try:
    from sklearn.linear_model import LogisticRegression
except ImportError as error:
    raise SystemExit('this demo needs scikit-learn: pip install "microgradnn[sklearn]"') from error

from microgradnn.data import Scaling, breast_cancer, split
from microgradnn.nn import Network

data = breast_cancer()
print(f"{data.X.shape[1]} examples of {data.X.shape[0]} features: {', '.join(data.classes)}")
accuracies = []
for seed in range(5):
    sets = split(data.X, data.Y, seed=seed)
    scaling = Scaling("standardise").fit(sets.X_train)  # with the training set's mean and std, for both
    X_train, X_test = scaling(sets.X_train), scaling(sets.X_test)
    network = Network([30, 1], init="zeros")
    history = network.fit(X_train, sets.Y_train, learning_rate=0.5, iterations=1000, l2=1)
    theirs = LogisticRegression(C=1, max_iter=1000).fit(X_train.T, sets.Y_train[0])  # C is 1/λ
    ours, other = network.accuracy(X_test, sets.Y_test), theirs.score(X_test.T, sets.Y_test[0])
    accuracies.append([ours, other])
    print(f"split {seed}: m_test = {sets.m_test}, J = {history.cost:.4f}, {ours:.2%}, scikit-learn {other:.2%}")
ours, other = np.mean(accuracies, axis=0)
print(f"mean: {ours:.2%}, scikit-learn {other:.2%}")
