"""A table as people have them: text, gaps and a rare class, to a model file and to answers with their ids.

Prints the table's columns as features, when the validation set said to stop, how good the model is on the 60
examples kept for the test, and answers beside the ids. Takes scikit-learn for the kinds and the gaps:
pip install "microgradnn[sklearn,train]".
"""

import warnings
from pathlib import Path

import numpy as np

try:
    from sklearn.datasets import make_blobs  # noqa: F401 (to see that it is there)
except ImportError as error:
    raise SystemExit('this demo needs scikit-learn: pip install "microgradnn[sklearn]"') from error

from microgradnn.data import Encoding, Scaling, class_labels, read, split
from microgradnn.nn import Model, Network, evaluate, find_learning_rate

# Semicolons and decimal commas; a tenth of the sizes is missing, and one room in six is dear.
rng = np.random.default_rng(0)
lines = ["id;kind;size;price"]
for i in range(300):
    kind, size = ("attic", "cellar", "hall")[i % 3], rng.uniform(1, 7)
    price = "dear" if size > (3.5 if kind == "attic" else 6.2) else "cheap"
    lines.append(f"{i:04};{kind};{'' if i % 10 == 7 else f'{size:.2f}'.replace('.', ',')};{price}")

table = read(lines)
Y, classes = class_labels(list(table.columns([table.names.index("price")])[0]))
places = np.arange(len(table)).reshape(1, -1)
sets = split(places, Y, share=0.2, seed=0, stratify=True)
kept = split(sets.X_train, sets.Y_train, share=0.25, seed=0, stratify=True)  # to say when to stop
encoding = Encoding.fit(
    table, ["kind", "size"], categorical=["kind"], impute="median", rows=sets.X_train[0].astype(int)
)
X = encoding(table)
print(f"{X.shape[1]} examples, features {', '.join(encoding.features)}; {int(Y.sum())} are {classes[1]}")

train, beside, test = (part[0].astype(int) for part in (kept.X_train, kept.X_test, sets.X_test))
scaling = Scaling("standardise").fit(X[:, train])
network = Network([len(X), 8, 1], hidden="tanh", seed=0)
rate = find_learning_rate(network, scaling(X[:, train]), kept.Y_train, optimiser="adam").best
print(f"learning rate {rate:.3g}")
history = network.fit(
    scaling(X[:, train]),
    kept.Y_train,
    optimiser="adam",
    learning_rate=rate,
    iterations=3000,
    class_weight="balanced",
    validation=(scaling(X[:, beside]), kept.Y_test),
    patience=30,
)
print(history.stopped)
history.to_csv("course.csv")

model = Model(network, scaling, encoding.features, classes, "price", encoding=encoding)
print(evaluate(model, X[:, test], sets.Y_test))
model.save("rooms.safetensors")

new = ["size,kind,id", "2.5,attic,0007", ",hall,0008", "6.9,tower,0009"]  # other order, a gap, a kind that is new
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the tower, which counts as none of the kinds
    again, rooms = Model.load("rooms.safetensors"), read(new)
    answers = again.predict(again.features_of(rooms))
for number, answer in zip(rooms.columns([2])[0], answers, strict=True):
    print(number, answer)
assert Path("course.csv").read_text(encoding="utf-8").startswith("iteration,cost")
