"""What `train`, `predict`, `evaluate` and `demo` do: from examples to a model file, and from that to answers.

All that can be wrong is looked at before the long work begins, and a file is written whole or not at all.
"""

# ruff: noqa: N806 (X and Y are the notes' names)
from __future__ import annotations

import ast
import csv
import io
import runpy
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..check.backward.files import check_file
from ..data.columns import Examples, Split, check_data, places_of_split, split
from ..data.delimited import Table, number, show_names
from ..data.encoding import Encoding
from ..data.images import flatten, picture_files, read_folder, read_pictures
from ..data.labels import class_labels
from ..data.scaling import Scaling
from ..data.tables import labels_of, names_of, place, places, read, read_table
from ..engine.disk import writable, write
from ..engine.tensor import Array
from ..errors import extra
from ..nn.checkpoints import fingerprint
from ..nn.evaluation import evaluate as measure
from ..nn.history import History
from ..nn.model import Model, probabilities
from ..nn.network import Network
from ..nn.plots import find_format
from ..nn.watch.playground import DATA, Playground, play
from ..nn.watch.recording import html_path
from ..rules.notation import visible

ENDING = ".safetensors"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # with which one begins in a spreadsheet


class TrainingData(NamedTuple):
    """Examples to learn from, and what is known of them."""

    X: Array  # (n_x, m)
    Y: Array  # (n[L], m)
    features: list[str]
    classes: list[str]
    label: str
    pictures: int | None
    encoding: Encoding | None = None


# --- train ------------------------------------------------------------------------------------------


def train(
    data: str | None,
    *,
    output: str,
    images: str | None = None,
    label: str | None = None,
    labels: str | None = None,
    features: str | None = None,
    categorical: str | None = None,
    impute: str | None = None,
    decimal: str | None = None,
    size: int = 64,
    order: str = "rows",
    layers: str | None = None,
    hidden: str = "relu",
    scale: str | None = None,
    test_share: float = 0.2,
    validation_share: float = 0.2,
    patience: int | None = None,
    class_weight: str | None = None,
    seed: int = 0,
    dropout: float = 0.0,
    plot: str | None = None,
    history: str | None = None,
    iterations: int,
    checkpoint: str | None = None,
    resume: bool = False,
    **hyperparameters: Any,
) -> None:
    """Train a network on a CSV file, or on a folder of pictures, print how well it does, and save it."""
    if (data is None) == (images is None):
        raise ValueError(
            "name one source of examples: a CSV file, or --images and a folder with a folder for each class"
        )
    if images and (label or labels or features or categorical or impute):
        raise ValueError(
            "--label, --labels, --features, --categorical and --impute are for a table: the classes of --images are "
            "its folders"
        )
    if Path(output).suffix != ENDING:
        raise ValueError(f"a model file ends in {ENDING}; got {output!r}")
    if not 0 <= test_share < 1:
        raise ValueError(f"--test-share is at least 0 and less than 1; got {test_share:g}")
    if not 0 < validation_share < 1:
        raise ValueError(f"--validation-share is more than 0 and less than 1; got {validation_share:g}")
    if seed < 0:
        raise ValueError(f"--seed is not negative; got {seed}")
    with extra("train"):
        import safetensors.numpy  # noqa: F401 (to see that it is there)
    writable(output)
    if history:
        writable(history)
    if plot:
        find_format(plot)
        with extra("plot"):
            import matplotlib.figure  # noqa: F401 (likewise)
    goes_on(checkpoint, resume, others=(output, plot, history))
    if images:
        source = pictures(images, size, order)
    elif categorical or impute:
        source = encoded(str(data), label, labels, features, decimal, categorical or "", impute, test_share, seed)
    else:
        source = table(str(data), label, labels, features, decimal)
    units = sizes(layers, source)
    sets = parts(source, test_share, seed)
    kept: Split | None = None
    if patience is not None:
        kept = split(sets.X_train, sets.Y_train, share=validation_share, seed=seed, stratify=bool(source.classes))
        sets = Split(kept.X_train, kept.Y_train, sets.X_test, sets.Y_test)
    scaling = Scaling(scale or ("pixels" if source.pictures else "standardise")).fit(sets.X_train)
    kind = "linear" if not source.classes else "sigmoid" if len(source.Y) == 1 else "softmax"
    start = None if len(units) > 1 else "zeros"  # right for logistic regression, which has no hidden layer (notes, B22)
    network = Network([len(source.X), *units], hidden=hidden, output=kind, init=start, seed=seed, dropout=dropout)

    def begin(before: History) -> None:
        """Say what is learnt from what: nothing was wrong with it."""
        m, n_x = source.X.shape[1], len(source.X)
        when = f"{kept.m_test} to say when to stop, " if kept else ""
        told = f"{sets.m_train} to learn from, {when}{sets.m_test} to test"
        print(f"{m} examples of {n_x} feature{'s' * (n_x != 1)}: {told}")
        if source.classes:
            print(visible(f"{source.label or 'classes'}: {', '.join(source.classes)}"))
        print(network)
        if resume:
            print(f"going on from {visible(str(checkpoint))}, after {len(before)} of {iterations} iterations")
        sys.stdout.flush()

    course = network.fit(
        scaling(sets.X_train),
        sets.Y_train,
        test=(scaling(sets.X_test), sets.Y_test) if sets.m_test else None,
        validation=(scaling(kept.X_test), kept.Y_test) if kept else None,
        patience=patience,
        class_weight=find_weights(class_weight),
        seed=seed,
        iterations=iterations,
        begin=begin,
        checkpoint=checkpoint,
        resume=resume,
        **hyperparameters,
    )
    known = {"share": test_share, "seed": seed, "data": fingerprint(source.X, source.Y)} if test_share else None
    model = Model(network, scaling, source.features, source.classes, source.label, source.pictures, order, known)
    model.encoding = source.encoding
    model.save(output)
    print(f"\n{course}\nsaved {visible(output)}")
    if plot:
        course.plot(plot)
        print(f"wrote {visible(plot)}")
    if history:
        course.to_csv(history)
        print(f"wrote {visible(history)}")
    if checkpoint and len(course) < iterations:
        print("to go on: the same command, with --resume")
    new = "PICTURES" if source.pictures else "new.csv"
    print(f"next: microgradnn predict {visible(shlex.quote(output))} {new}")


def find_weights(text: str | None) -> str | list[float] | None:
    """Return what --class-weight says: 'balanced', or a number for each class."""
    try:
        return text if text in (None, "balanced") else [float(one) for one in str(text).split(",")]
    except ValueError:
        raise ValueError(f"--class-weight is balanced, or a number for each class, such as 1,5; got {text!r}") from None


def goes_on(checkpoint: str | None, resume: bool, others: Sequence[str | None]) -> None:
    """Raise ValueError or OSError unless the checkpoint is there to go on from, or free to be written."""
    if checkpoint is None:
        if resume:
            raise ValueError("--resume needs --checkpoint and the file to go on from")
        return
    writable(checkpoint)
    if Path(checkpoint).resolve() in {Path(path).resolve() for path in others if path}:
        raise ValueError(f"--checkpoint {checkpoint} is to be written for something else too: choose another name")
    there = Path(checkpoint).exists()
    if resume and not there:
        raise ValueError(f"--resume: there is no {checkpoint} to go on from; leave --resume out to begin")
    if there and not resume:
        raise ValueError(f"{checkpoint} is there already: --resume goes on from it, or choose another --checkpoint")


def table(data: str, label: str | None, labels: str | None, features: str | None, decimal: str | None) -> TrainingData:
    """Read a CSV file: all columns but the label, or those that are named with commas between."""
    label = named_label(data, label)
    chosen = None if features is None else names_in(features)
    found = read_table(data, label, features=chosen, labels=labels, decimal=decimal)
    return TrainingData(found.X, found.Y, found.features, found.classes, label, None)


def encoded(
    data: str,
    label: str | None,
    labels: str | None,
    features: str | None,
    decimal: str | None,
    categorical: str,
    impute: str | None,
    share: float,
    seed: int,
) -> TrainingData:
    """Read a table with categories or missing values: what stands for them is learnt from the training set alone."""
    label = named_label(data, label)
    found = read(data)
    chosen = names_in(features) if features else [name for name in names_of(found) if name != label]
    Y, classes = labels_of(found, place(found, label), labels, None, decimal, beside=places(found, chosen))
    if label in chosen:
        raise ValueError(f"{label!r} is the label, so it is no feature")
    rows = places_of_split(Y, share=share, seed=seed, stratify=bool(classes))[0] if share else None
    encoding = Encoding.fit(found, chosen, categorical=names_in(categorical), impute=impute, rows=rows, decimal=decimal)
    return TrainingData(encoding(found, decimal), Y, encoding.features, classes, label, None, encoding)


def named_label(data: str, label: str | None) -> str:
    """Return the label; ValueError with the names to choose from where there is none."""
    if label is None:
        names = show_names(read(data).names)
        raise ValueError(f"which column of {data} is to be learnt? give --label (choose from {names})")
    return label


def names_in(text: str) -> list[str]:
    """Return the names between the commas of an option."""
    return [name.strip() for name in text.split(",") if name.strip()]


def pictures(folder: str, size: int, order: str) -> TrainingData:
    """Read a folder with a folder of pictures for each class."""
    found = read_folder(folder, size=size)
    X = flatten(found.images, order=order).astype(float)
    return TrainingData(X, found.Y, [], found.classes, "", size)


def sizes(layers: str | None, source: TrainingData) -> list[int]:
    """Return n[1], …, n[L]; with no layers given, the outputs alone: logistic regression."""
    outputs = len(source.Y)
    if layers is None:
        return [outputs]
    units = units_of(layers)
    if not units or min(units) < 1:
        raise ValueError(f"a layer has at least one unit; got --layers {layers}")
    if units[-1] != outputs:
        why = f"the {len(source.classes)} classes need" if source.classes else "a number needs"
        raise ValueError(f"--layers ends in {units[-1]}, and {why} {outputs} in the last layer")
    return units


def units_of(layers: str) -> list[int]:
    """Return the sizes of layers in '20,7,5,1'."""
    try:
        return [int(n) for n in layers.split(",") if layers.strip()]
    except ValueError:
        raise ValueError(
            f"--layers is the sizes of the layers after the input, such as 20,7,5,1; got {layers!r}"
        ) from None


def parts(source: TrainingData, share: float, seed: int) -> Split:
    """Return the training set and the test set, which with a share of 0 has no columns."""
    kind = "numbers" if not source.classes else "binary" if len(source.Y) == 1 else "classes"
    X, Y = check_data(source.X, source.Y, labels=kind)
    stratify = bool(source.classes)
    return split(X, Y, share=share, seed=seed, stratify=stratify) if share else Split(X, Y, X[:, :0], Y[:, :0])


# --- predict ----------------------------------------------------------------------------------------


def predict(
    model: str,
    data: Sequence[str],
    *,
    output: str | None = None,
    keep: str | None = None,
    decimal: str | None = None,
    quote_formulas: bool = False,
) -> None:
    """Print what a model says of each line of a CSV file, or of each picture; or write it to a CSV file.

    Before it stand the columns that the model does not read, such as names and numbers of the examples, as they are
    written in the table, or those that `keep` names. A text, such as the name of a class, is written as it is, also
    where a spreadsheet would take it for a formula; `quote_formulas` puts an apostrophe before such.
    """
    if output:
        writable(output)
        taken = {Path(path).resolve() for path in (model, *data)}
        if Path(output).resolve() in taken:
            raise ValueError(f"{output} is read: choose another name to write to")
    network = Model.load(model)
    columns: dict[str, Sequence[Any]] = {}
    if network.pictures:
        files = [file for path in data for file in (picture_files(path) if Path(path).is_dir() else [Path(path)])]
        X = flatten(read_pictures(files, size=network.pictures), order=network.order).astype(float)
        columns["file"] = files
    else:
        found = one_table(data)
        X = network.features_of(found, decimal)
        columns |= kept(found, network, keep)
    answers = network.predict(X)
    columns[network.label or "prediction"] = answers
    columns |= {name: [f"{p:.6g}" for p in row] for name, row in probabilities(network, network(X)).items()}
    rows = [[*columns], *zip(*columns.values(), strict=True)]
    if quote_formulas:
        rows = [[harmless(cell) for cell in row] for row in rows]
    if not output:  # a name may hold what a terminal obeys
        print(to_csv([[visible(str(cell)) for cell in row] for row in rows]), end="")
        return
    write(output, to_csv(rows).encode(errors="replace"))
    counts = ", ".join(f"{count} {name}" for name, count in sorted(Counter(answers).items())) if network.classes else ""
    print(visible(f"wrote {output}: {len(answers)} predictions{f' ({counts})' if counts else ''}"))


def one_table(data: Sequence[str]) -> Table:
    """Return the table of the only file."""
    if len(data) > 1:
        raise ValueError(f"one CSV file at a time; got {', '.join(data)}")
    return read(data[0])


def kept(table: Table, model: Model, keep: str | None) -> dict[str, Sequence[str]]:
    """Return the columns of a table that stand beside the answers, letter by letter."""
    if keep is None:
        read_too = {model.label, *(model.columns or table.names)}
        at = [i for i, name in enumerate(table.names) if name not in read_too]
        found = {table.names[i]: cells for i, cells in zip(at, table.columns(at), strict=True)}
        return {name: cells for name, cells in found.items() if name or any(cells)}
    names = names_in(keep)
    if model.label in names:
        raise ValueError(f"--keep: {model.label!r} is what is predicted, and its column bears that name")
    return dict(zip(names, table.columns(places(table, names)), strict=True))


def to_csv(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as comma-separated values."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def harmless(cell: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would compute."""
    text = str(cell)
    return f"'{text}" if text[:1] in FORMULAS and number(text) is None else cell


# --- evaluate ---------------------------------------------------------------------------------------


def evaluate(model: str, data: str, *, decimal: str | None = None) -> None:
    """Print how good a model is on a table with labels, or on a folder of pictures with a folder for each class.

    Where these are the examples that it was trained on, those that were kept for the test stand apart.
    """
    network = Model.load(model)
    if network.pictures:
        pictured = read_folder(data, size=network.pictures)
        if unknown := sorted(set(pictured.classes) - set(network.classes)):
            raise ValueError(f"{data}: {unknown[0]!r} is no class (choose from {show_names(network.classes)})")
        X = flatten(pictured.images, order=network.order).astype(float)
        names = [pictured.classes[int(k)] for k in (pictured.Y[0] if len(pictured.Y) == 1 else pictured.Y.argmax(0))]
        Y, _ = class_labels(names, classes=network.classes)
    else:
        found = read(data)
        X, Y = network.features_of(found, decimal), network.labels_of(found, decimal)
    known = network.split
    if known is None or known["data"] != fingerprint(X, Y):
        print(measure(network, X, Y))
        return
    train, test = places_of_split(Y, share=known["share"], seed=known["seed"], stratify=bool(network.classes))
    print("what it learnt from:", measure(network, X[:, train], Y[:, train]))
    print("\nkept for the test:", measure(network, X[:, test], Y[:, test]))


# --- watch ------------------------------------------------------------------------------------------


def watch(
    data: str,
    *,
    label: str | None,
    features: str | None,
    layers: str,
    port: int,
    open: bool,
    output: str | None,
    iterations: int,
    **settings: Any,
) -> None:
    """Serve a playground until Ctrl-C, or write a recording of so many steps."""
    chosen: str | Examples = data
    if data not in DATA:
        if not Path(data).exists():
            raise ValueError(f"there is no table {data!r} (or choose from {', '.join(DATA)})")
        found = table(data, label, None, features, None)
        X = Scaling("standardise").fit(found.X)(found.X)
        chosen = Examples(X, found.Y, found.features, found.classes)
    path = output and html_path(output)
    playground = Playground(chosen, layers=units_of(layers), **settings)
    if path:
        playground.record(iterations).save(path)
        print(f"wrote {visible(str(path))}")
    else:
        play(playground, port=port, open=open)


# --- check ------------------------------------------------------------------------------------------


def check(file: str, **more: Any) -> int:
    """Print a report on each backward pass in a file, and return 1 if one of them is wrong."""
    wrong = 0
    for i, (name, report) in enumerate(check_file(file, **more)):
        print(f"{chr(10) if i else ''}{name}\n{report}")
        wrong |= not report
    return int(wrong)


# --- demo -------------------------------------------------------------------------------------------


THEMES = {  # of the demos: every one stands here once
    "Graphs and gradients": "first_graph nudges shared_node once_more newton exactness own_table large_graphs",
    "Pages, and what is explained": "live_page watch_xor written_out attention",
    "The course": "calories loops_to_vectors logistic_regression two_losses descent activations linear_collapse xor "
    "symmetry exam_network layers hyperparameters",
    "Is it right?": "check_my_backward three_mistakes",
    "Data": "moons breast_cancer digits cat_detector",
    "Beside other packages": "optimizers scikit_learn other_engines",
}


def demos() -> dict[str, Path]:
    """Return the demos by their names: those in the installed package, or in the checkout it is run from."""
    here = Path(__file__).parents[1]
    found = [folder for folder in (here / "demos", here.parent / "demos") if (folder / "first_graph.py").is_file()]
    if not found:
        raise ValueError("the demos were not installed with the package; they are in the folder demos of its sources")
    return {path.stem: path for path in sorted(found[0].glob("*.py"))}


def demo(name: str | None) -> None:
    """List the demos by theme, each with the first sentence about it; or run one."""
    known = demos()
    if name is None:
        width = max(map(len, known))
        for theme, names in THEMES.items():
            print(f"{theme}\n")
            for one in names.split():
                about = ast.get_docstring(ast.parse(known[one].read_text(encoding="utf-8"))) or ""
                print(f"  {one:<{width}}  {' '.join(about.partition(chr(10) * 2)[0].split())}")
            print()
        print("run one: microgradnn demo NAME")
        return
    if name not in known:
        raise ValueError(f"unknown demo {name!r} (choose from {', '.join(known)})")
    before, sys.argv = sys.argv, [str(known[name])]
    try:
        runpy.run_path(str(known[name]), run_name="__main__")
    except SystemExit as leaving:
        if isinstance(leaving.code, str):  # what it needs, and is not there
            raise ValueError(leaving.code) from None
        raise
    finally:
        sys.argv = before
