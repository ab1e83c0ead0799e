"""Data: columns of examples, checked, split, scaled and dealt out; tables, pictures, and examples to learn from."""

from ..errors import answer_calls as _answer_calls
from .columns import Examples as Examples
from .columns import Split as Split
from .columns import batches as batches
from .columns import check_data as check_data
from .columns import check_features as check_features
from .columns import split as split
from .delimited import Table as Table
from .drawn import cats as cats
from .encoding import EncodedColumn as EncodedColumn
from .encoding import Encoding as Encoding
from .examples import Calories as Calories
from .examples import breast_cancer as breast_cancer
from .examples import calories as calories
from .examples import digits as digits
from .examples import discs as discs
from .examples import gate as gate
from .examples import moons as moons
from .examples import spirals as spirals
from .h5 import read_h5 as read_h5
from .images import Pictures as Pictures
from .images import flatten as flatten
from .images import picture_files as picture_files
from .images import read_folder as read_folder
from .images import read_picture as read_picture
from .images import read_pictures as read_pictures
from .images import unflatten as unflatten
from .labels import class_labels as class_labels
from .labels import one_hot as one_hot
from .scaling import SCALINGS as SCALINGS
from .scaling import Scaling as Scaling
from .tables import read as read
from .tables import read_features as read_features
from .tables import read_table as read_table

_answer_calls(globals())
