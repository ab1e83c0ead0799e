"""Neural networks: of Values, neuron by neuron, and of Tensors, layer by layer."""

from ..errors import answer_calls as _answer_calls
from .activations import ACTIVATIONS as ACTIVATIONS
from .blocks import Cache as Cache
from .blocks import Gradients as Gradients
from .blocks import backward_block as backward_block
from .blocks import forward_block as forward_block
from .evaluation import evaluate as evaluate
from .figures import plot_activation as plot_activation
from .figures import plot_hidden as plot_hidden
from .figures import plot_margin as plot_margin
from .figures import plot_slope as plot_slope
from .figures import plot_unit as plot_unit
from .history import History as History
from .layers import Dense as Dense
from .losses import LOSSES as LOSSES
from .metrics import Evaluation as Evaluation
from .model import Model as Model
from .network import Network as Network
from .optimisers import Adam as Adam
from .optimisers import AdamW as AdamW
from .optimisers import GradientDescent as GradientDescent
from .optimisers import Momentum as Momentum
from .optimisers import Nesterov as Nesterov
from .optimisers import Optimiser as Optimiser
from .optimisers import RMSProp as RMSProp
from .optimisers import cosine as cosine
from .optimisers import exponential as exponential
from .optimisers import steps_down as steps_down
from .optimisers import warmup as warmup
from .plots import plot_boundary as plot_boundary
from .plots import plot_history as plot_history
from .plots import plot_rates as plot_rates
from .plots import plot_weights as plot_weights
from .rate_search import RateSearch as RateSearch
from .rate_search import find_learning_rate as find_learning_rate
from .scalar import MLP as MLP
from .scalar import Layer as Layer
from .scalar import Module as Module
from .scalar import Neuron as Neuron
from .scalar import Value, random  # noqa: F401 (in micrograd's `from micrograd.nn import *` too)
from .schemes import plot_blocks as plot_blocks
from .schemes import plot_network as plot_network
from .training import fit as fit
from .valleys import plot_convexity as plot_convexity
from .valleys import plot_descent as plot_descent
from .valleys import plot_losses as plot_losses
from .watch.following import Watch as Watch
from .watch.recording import TrainingRecording as TrainingRecording

_answer_calls(globals())
