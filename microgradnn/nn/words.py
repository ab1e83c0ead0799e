"""What a newcomer from Keras, PyTorch or scikit-learn writes, and what is written here."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from ..errors import with_words as with_words

RATE: Final = dict.fromkeys(("lr", "alpha", "eta", "rate"), "learning_rate=0.1")
OF_FIT: Final = {
    **RATE,
    **dict.fromkeys(("epochs", "n_iter", "max_iter", "num_epochs", "steps"), "iterations=1000, each a step"),
    **dict.fromkeys(("optimizer", "optim"), 'optimiser="adam"'),
    **dict.fromkeys(("X_test", "test_data"), "test=(X_test, Y_test)"),
    **dict.fromkeys(("validation_data", "eval_set", "X_val"), "validation=(X_val, Y_val), patience=10"),
    **dict.fromkeys(
        ("early_stopping", "n_iter_no_change", "early_stopping_rounds"), "patience=10, validation=(X_val, Y_val)"
    ),
    **dict.fromkeys(
        ("class_weights", "sample_weight", "pos_weight"), 'class_weight="balanced", or a number for each class'
    ),
    **dict.fromkeys(("verbose", "verbosity"), "progress=True"),
    **dict.fromkeys(("callbacks", "on_epoch_end"), "callback=lambda iteration, cost: …"),
    **dict.fromkeys(("batch", "minibatch", "mini_batch_size"), "batch_size=64"),
    **dict.fromkeys(("tol", "eps", "min_delta"), "tolerance=1e-6"),
    **dict.fromkeys(("regularization", "weight_decay", "lambd", "lambda_", "reg"), "l2=0.1"),
    **dict.fromkeys(
        ("loss", "criterion", "activation", "dropout"), "it where the network is made: Network([2, 3, 1], …)"
    ),
    **dict.fromkeys(("random_state", "rng"), "seed=0"),
}
OF_NETWORK: Final = {
    **dict.fromkeys(
        ("activation", "activations", "hidden_activation", "nonlinearity"), 'hidden="relu", output="sigmoid"'
    ),
    **dict.fromkeys(("layers", "layer_sizes", "hidden_layer_sizes", "units"), "the sizes first: Network([2, 3, 1])"),
    **dict.fromkeys(("initialisation", "initializer", "initialization", "kernel_initializer"), 'init="he"'),
    **dict.fromkeys(("random_state", "rng"), "seed=0"),
    **dict.fromkeys(
        ("lr", "learning_rate", "optimizer", "optimiser", "epochs", "iterations", "batch_size", "l2"),
        "it where the network is trained: network.fit(X, Y, …)",
    ),
}
OF_NEURONS: Final = {
    **dict.fromkeys(("activation", "hidden"), 'activations=["tanh", "linear"], one for each layer'),
    **dict.fromkeys(("nonlin", "nonlinear"), 'activations=["linear"]'),
    **dict.fromkeys(("seed", "random_state"), "rng=random.Random(0)"),
}
OF_OPTIMISERS: Final = {
    **RATE,
    **dict.fromkeys(("params", "model", "network"), "the parameters first: Adam(network.parameters(), 0.001)"),
    **dict.fromkeys(("eps",), "epsilon=1e-8"),
    **dict.fromkeys(("beta1", "beta2", "beta_1", "beta_2", "beta"), "betas=(0.9, 0.999)"),
    **dict.fromkeys(("mu",), "momentum=0.9"),
    **dict.fromkeys(("nesterov",), "Nesterov(parameters, 0.1)"),
    **dict.fromkeys(("decay", "l2"), "weight_decay=0.01"),
}
ATTRIBUTES: Final = {
    **dict.fromkeys(("forward", "call", "apply"), "network(X)"),
    **dict.fromkeys(
        ("weights", "params", "trainable_variables", "W", "b"), "network.parameters(), or network.layers[0].W"
    ),
    **dict.fromkeys(("train", "train_on_batch", "learn"), "network.fit(X, Y)"),
    **dict.fromkeys(("eval", "no_grad"), "with microgradnn.no_grad(): …; predict leaves no unit out"),
    **dict.fromkeys(("evaluate", "score"), "nn.evaluate(network, X, Y)"),
    **dict.fromkeys(("compile",), "network.fit(X, Y, optimiser=…), or microgradnn.compile(network.cost(X, Y))"),
    **dict.fromkeys(("summary", "summary_"), "print(network)"),
    **dict.fromkeys(
        ("state_dict", "get_weights", "load_state_dict", "set_weights"), "network.save(path), Network.load(path)"
    ),
    **dict.fromkeys(("add", "append"), "the sizes at once: Network([2, 3, 1])"),
    **dict.fromkeys(("loss_fn", "criterion", "backward"), "network.cost(X, Y).backward()"),
    **dict.fromkeys(("predict_proba", "probabilities"), "network(X).numpy()"),
    **dict.fromkeys(("modules", "children"), "network.layers"),
    **dict.fromkeys(("to", "cuda", "cpu", "half"), "nothing: all is computed by NumPy, on the CPU"),
    **dict.fromkeys(("lr", "param_groups"), "optimiser.learning_rate"),
    **dict.fromkeys(("minimize", "apply_gradients"), "J.backward(); optimiser.step()"),
    **dict.fromkeys(("draw", "plot"), "network.cost(X, Y).draw(), or nn.plot_weights(network)"),
}


def refuse_name(owner: object, name: str) -> AttributeError:
    """Return the error for a name that a network, a layer or an optimiser does not have, with what is written here."""
    message = f"{type(owner).__name__} has no {name!r}"
    if hasattr(type(owner), name):
        message = f"the getter of {name!r} of {type(owner).__name__} raised an AttributeError"
    elif not name.startswith("_"):
        near = get_close_matches(name, [one for one in dir(owner) if not one.startswith("_")], n=1, cutoff=0.7)
        if name in ATTRIBUTES:
            message += f"; write {ATTRIBUTES[name]}"
        elif near:
            message += f"; did you mean {near[0]}?"
    return AttributeError(message, name=name, obj=None)
