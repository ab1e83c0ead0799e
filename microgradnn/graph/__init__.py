"""What a node is: nodes, operations, their order, paths. Knows no floats and no arrays."""

from .node import FLOAT as FLOAT
from .node import NOTHING as NOTHING
from .node import UNNAMED as UNNAMED
from .node import UNREACHED as UNREACHED
from .node import UNSWEPT as UNSWEPT
from .node import Node as Node
from .node import opened as opened
from .node import sentinel as sentinel
from .node import topological as topological
from .op import OPS as OPS
from .op import REAL as REAL
from .op import Fold as Fold
from .op import Interval as Interval
from .op import Op as Op
from .op import register as register
from .op import row as row
