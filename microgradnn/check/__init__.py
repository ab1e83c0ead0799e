"""Checking gradients: a backward pass of one's own, and functions of Values and Tensors.

`microgradnn.check.strategies` has what property tests draw from.
"""

from ..errors import answer_calls as _answer_calls
from .backward.checks import assert_backward as assert_backward
from .backward.checks import check_backward as check_backward
from .backward.checks import check_gradients as check_gradients
from .backward.checks import check_layer as check_layer
from .backward.report import BackwardReport as BackwardReport
from .gradients import assert_gradients as assert_gradients
from .gradients import gradcheck as gradcheck
from .questions import Question as Question
from .questions import WrongGradient as WrongGradient
from .questions import ask as ask
from .questions import ask_wrong as ask_wrong
from .report import Entry as Entry
from .report import Report as Report
from .symptoms import Finding as Finding
from .training import TrainingReport as TrainingReport
from .training import check_training as check_training

_answer_calls(globals())
