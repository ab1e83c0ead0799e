"""A vanilla character RNN in the style of min-char-rnn: lossFun on lists of indices, parameters global, hs in a dict."""
# mypy: ignore-errors
# ruff: noqa (written as others write)

import numpy as np
from microgradnn.check import check_backward

hidden_size, vocab_size = 5, 4
_r = np.random.RandomState(0)
Wxh = _r.randn(hidden_size, vocab_size) * 0.5
Whh = _r.randn(hidden_size, hidden_size) * 0.5
Why = _r.randn(vocab_size, hidden_size) * 0.5
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(dparam, -5, 5, out=dparam)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


def check():
    from microgradnn.check import check_gradients

    inputs, targets, h0 = [0, 1, 3, 2], [1, 3, 2, 2], np.zeros((hidden_size, 1))
    return check_gradients(
        lambda: lossFun(inputs, targets, h0)[0], [Wxh, Whh, Why, bh, by], lambda: lossFun(inputs, targets, h0)[1:6]
    )


MISTAKES = [
    ("dh = np.dot(Why.T, dy) + dhnext", "dh = np.dot(Why.T, dy)", "term"),
    ("dhraw = (1 - hs[t] * hs[t]) * dh", "dhraw = (1 - hs[t]) * dh", "slope factor factor-missing"),
    ("dWhh += np.dot(dhraw, hs[t - 1].T)", "dWhh += np.dot(dhraw, hs[t].T)", "index another-variable"),
    ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh, dhraw)", "transpose"),
    ("        dby += dy", "        dby = dy", "overwrite"),
]
