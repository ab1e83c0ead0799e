"""What a node is: nodes, operations, their order, paths. Knows no floats and no arrays."""

from .fold import Fold as Fold
from .interval import REAL as REAL
from .interval import Interval as Interval
from .node import CONSTANT as CONSTANT
from .node import NOTHING_SAID as NOTHING_SAID
from .node import About as About
from .node import Node as Node
from .node import topological as topological
from .op import OPS as OPS
from .op import Op as Op
from .op import register as register
from .op import row as row
