"""Ten handwritten digits: a hidden layer of 32 units, and a softmax output of 10 (A2, A4, A5, I6).

The pictures, 8×8 pixels, come with scikit-learn: pip install "microgradnn[sklearn]". Prints the accuracy on the
359 examples of the test set beside that of scikit-learn's MLPClassifier of the same size and budget, and
the first wrong answers as pictures.
"""

import warnings

try:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
except ImportError as error:
    raise SystemExit('this demo needs scikit-learn: pip install "microgradnn[sklearn]"') from error

from microgradnn.data import digits, split, unflatten
from microgradnn.nn import Network

EPOCHS, BATCH, RATE = 40, 100, 0.01

data = digits()
sets = split(data.X / 16, data.Y, seed=0)
network = Network([64, 32, 10], output="softmax", seed=0)
print(network)
steps = EPOCHS * -(-sets.m_train // BATCH)
history = network.fit(
    sets.X_train,
    sets.Y_train,
    optimiser="adam",
    learning_rate=RATE,
    batch_size=BATCH,
    iterations=steps,
    seed=0,
    test=(sets.X_test, sets.Y_test),
)
print(history)

theirs = MLPClassifier([32], learning_rate_init=RATE, batch_size=BATCH, max_iter=EPOCHS, alpha=0, random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # the budget is the same, and it is no more
    theirs.fit(sets.X_train.T, sets.Y_train.argmax(axis=0))
score = theirs.score(sets.X_test.T, sets.Y_test.argmax(axis=0))
print(f"on {sets.m_test} examples: {history.test_accuracy:.2%}, scikit-learn {score:.2%}")

answers, labels = network.predict(sets.X_test)[0], sets.Y_test.argmax(axis=0)
wrong = (answers != labels).nonzero()[0][:4]
for image in zip(*unflatten(sets.X_test[:, wrong], (8, 8)), strict=True):
    print("   ".join("".join(" ·+#@"[min(int(5 * pixel), 4)] * 2 for pixel in row) for row in image))
print("   ".join(f"{f'{labels[i]}, said {answers[i]}':<16}" for i in wrong))
