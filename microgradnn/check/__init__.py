"""Checking gradients; `microgradnn.check.strategies` has what property tests draw from."""

from .gradients import Entry as Entry
from .gradients import Report as Report
from .gradients import assert_gradients as assert_gradients
from .gradients import gradcheck as gradcheck
