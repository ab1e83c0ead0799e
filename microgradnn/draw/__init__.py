"""Drawing a graph: picture.py says what is shown, dot, svg and text set it down."""

from ..errors import answer_calls as _answer_calls
from .drawing import Drawing as Drawing
from .drawing import draw as draw

_answer_calls(globals())
