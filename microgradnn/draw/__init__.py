"""Drawing a graph: picture.py says what is shown, dot, svg and text set it down."""

from .drawing import Drawing as Drawing
from .drawing import draw as draw
