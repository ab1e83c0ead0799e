"""What `microgradnn --help` says: the texts and examples of the commands, and the options but those of train.

The name of an option is that of the argument which it becomes: `--batch-size` is `batch_size` in `Network.fit`.
"""

from __future__ import annotations

from typing import Any

FIRST_SCREEN = """\
microgradnn: see backpropagation. Try one of these, and `microgradnn COMMAND --help` for all that it can do.

  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2               computes it, and draws every value and gradient
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2 -o J.html     a page that is alive: drag a number, step back
  microgradnn explain "J = 3*(a + b*c)" a=5 b=3 c=2 --wrt b    why that gradient is 6, path by path
  microgradnn check network.py                                 is the backward pass that you wrote right?
  microgradnn train data.csv --label y                         a network, from a table to a model file
  microgradnn course                                           exercises that check themselves; `demo` has demos
"""
EXAMPLES = """\
examples:
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2
  microgradnn draw "u = b*c; v = a + u; J = 3*v" a=5 b=3 c=2 -o graph.svg
  microgradnn draw exam.mg --text
  microgradnn explain "f = (a+b)*c + (a+b)*d" a=2 b=3 c=4 d=5 --wrt a
  microgradnn train data.csv --label y
  microgradnn predict model.safetensors new.csv
  microgradnn evaluate model.safetensors data.csv
  microgradnn watch moons --layers 8,8
  microgradnn check network.py
  microgradnn course
  microgradnn demo
"""
DRAW = """\
Computes an expression and its gradients, prints every node, and writes the graph as a picture.

examples:
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2         writes J.svg
  microgradnn draw "J = 3*(a + b*c)" a=5 b=3 c=2 --text  prints a tree, writes nothing
  microgradnn draw exam.mg x1=0.6 -o exam.dot            reads a file, with another x1
  echo "y = x**2" | microgradnn draw - x=3 --wrt x       reads standard input
  microgradnn draw exam.mg --focus w11,L --direction TB  what lies between two nodes, the output below
  microgradnn draw exam.mg --fold neuron --text          a box each neuron
  microgradnn draw exam.mg -o exam.svg --animate         an SVG that goes through both passes by itself
  microgradnn draw exam.mg -o exam.html --open           a page that goes through both passes, step by step
"""
EXPLAIN = """\
Prints the chain rule of a gradient: every path, in letters and in numbers, and the sum.

examples:
  microgradnn explain "u = b*c; v = a + u; J = 3*v" a=5 b=3 c=2 --wrt b
  microgradnn explain "f = (a+b)*c + (a+b)*d" a=2 b=3 c=4 d=5
"""
TRAIN = """\
Trains a network on a table, or on pictures, prints both accuracies, and writes it to a model file.

The first line of the CSV file has the names of the columns; a Parquet file has them too. One is to be learnt,
from all others or from those that --features names, which hold numbers. For pictures, give a folder with a
folder for each class, such as cat and non-cat.

Ctrl-C keeps what was learnt. With --checkpoint not even a kill costs more than a few iterations: the
same command with --resume goes on, and ends with the same numbers as without the pause.

examples:
  microgradnn train data.csv --label y                       logistic regression
  microgradnn train data.csv --label y --layers 20,7,5,1     a network with three hidden layers
  microgradnn train data.csv --label y --layers 8,1 --optimiser adam --batch-size 32 --plot cost.svg
  microgradnn train data.csv --label price --labels numbers  a regression
  microgradnn train data.csv --label y --categorical colour,town --impute median
  microgradnn train --images photographs --layers 20,7,5,1 -o cats.safetensors
  microgradnn train data.csv --label y --layers 8,1 --watch
  microgradnn train data.csv --label y --iterations 100000 --checkpoint long.run
  microgradnn train data.csv --label y --iterations 100000 --checkpoint long.run --resume
"""
PREDICT = """\
Says what a model that was trained makes of each line of a table, or of each picture, as CSV.

The table, CSV or Parquet, needs the columns that the model learnt from, in any order. The others stand before the
answers as they are: an id, a name. A spreadsheet computes names that begin with =, +, - or @, unless
--quote-formulas.

examples:
  microgradnn predict model.safetensors new.csv
  microgradnn predict model.safetensors new.csv -o answers.csv
  microgradnn predict cats.safetensors holidays tom.jpg      a folder, and a picture
"""
EVALUATE = """\
Says how good a model is on a table with the label, or on a folder of pictures with a folder for each class.

For classes these are accuracy, log loss, AUC and the confusion matrix, for numbers RMSE and R². Given the file that
the model was trained on, it measures apart what it learnt from and what was kept for the test.

examples:
  microgradnn evaluate model.safetensors data.csv
  microgradnn evaluate cats.safetensors photographs
"""
CHECK = """\
Says whether a backward pass that you wrote by hand is right, and if not, which line is wrong. Exits with 1 if one is,
and with 2 where that cannot be said.

The file is run, without arguments; what it prints goes to standard error. In it are looked for, as
functions and as methods of objects: forward and backward, x_forward and x_backward, feedforward and backprop, cost and
gradient, f and f_prime. Their inputs are the file's variables that the parameters are named after.

examples:
  microgradnn check network.py
  microgradnn check homework.ipynb
  microgradnn check layers.py:batchnorm                      batchnorm_forward and batchnorm_backward
  microgradnn check network.py --forward predict --backward gradients --loss cost
"""
WATCH = """\
Shows a network in the browser while it learns: what each unit makes of the plane, weights, cost and gradients.

The data, the layers, the activation, α and the batch are chosen on the page; it goes on by an example, a batch or a
pass, or by itself. The page is for browsers of this machine, under an address with a token; Ctrl-C ends it. A table,
CSV or Parquet, whose label is named, can be the data too. With -o it is trained without a page, and written as one
that replays it.

examples:
  microgradnn watch
  microgradnn watch moons --layers 8,8 --hidden relu
  microgradnn watch data.csv --label y
  microgradnn watch xor -o xor.html --iterations 500
"""
COURSE = """\
Exercises that check themselves: gradients to be told, and backward passes to be written and mended.

Without a name it lists them. An exercise that is a file is written where you are; run it again to have the pass in it
checked. What is done is kept in microgradnn-course.json, or where --progress says.

examples:
  microgradnn course
  microgradnn course paths
  microgradnn course logistic
"""
TAKING = {
    "name": dict(nargs="?", help="the exercise"),
    "--progress": dict(metavar="FILE", default="microgradnn-course.json", help="where it is kept what is done"),
}
COMPLETION = """\
Prints what a shell needs to complete commands, options and their choices.

examples:
  eval "$(microgradnn completion bash)"         in ~/.bashrc
  eval "$(microgradnn completion zsh)"          in ~/.zshrc, after compinit
  microgradnn completion fish > ~/.config/fish/completions/microgradnn.fish
"""
DEMO = """\
Lists the demos, or runs one, which may write its pictures to the folder you are in.

examples:
  microgradnn demo
  microgradnn demo first_graph
"""

DRAWING: dict[str, dict[str, Any]] = {
    "--fold": dict(metavar="SCOPE,…", help="scopes to be drawn as boxes: 'layer 1/neuron 3', or 'neuron' for all"),
    "--unfold": dict(metavar="SCOPE,…", help="scopes to be drawn in full"),
    "--depth": dict(type=int, metavar="N", help="how many scopes deep to unfold (0: none)"),
    "--focus": dict(metavar="a,J", help="what lies between two nodes, or one and the output"),
    "--around": dict(metavar="NAME", help="what is near a node"),
    "--radius": dict(type=int, default=2, metavar="N", help="… at most so many edges away (default: 2)"),
    "--top": dict(type=int, metavar="N", help="only the edges that bring back the most"),
    "--no-constants": dict(dest="constants", action="store_false", help="leave constants without a name out"),
    "--most": dict(type=int, metavar="N", help="fold beyond so many boxes (default: 60), and draw no more"),
    "--direction": dict(choices=("LR", "TB"), help="the output on the right, or below (default: what is narrower)"),
    "--animate": dict(action="store_true", help="write an SVG that goes through both passes by itself"),
    "--seconds": dict(type=float, default=1.0, metavar="N", help="… so many seconds a step (default: 1)"),
}
EVALUATING: dict[str, dict[str, Any]] = {
    "model": dict(help="the file that `microgradnn train` wrote"),
    "data": dict(metavar="data.csv", help="the table, or a folder with a folder of pictures for each class"),
    "--decimal": dict(choices=(".", ","), help="what decimals are written with, where the table leaves it open"),
}
CHECKING: dict[str, dict[str, Any]] = {
    "file": dict(metavar="FILE.py[:name]", help="the file, or a notebook, and which pass in it (default: all)"),
    "--forward": dict(metavar="NAME", help="the function that goes forward, or gives (loss, gradients)"),
    "--backward": dict(metavar="NAME", help="the function that goes backward"),
    "--loss": dict(metavar="NAME", help="the cost, a function of what forward gives"),
    "--rate": dict(type=float, metavar="α", help="of the step that backward takes itself"),
}
PREDICTING: dict[str, dict[str, Any]] = {
    "model": dict(help="the file that `microgradnn train` wrote"),
    "data": dict(nargs="+", metavar="new.csv", help="the table, or pictures and folders of pictures"),
    "-o --output": dict(metavar="FILE", help="write to a CSV file instead"),
    "--keep": dict(
        metavar="COLUMN,…", help="the columns to write before the answers (default: those that the model does not read)"
    ),
    "--decimal": dict(choices=(".", ","), help="what decimals are written with, where the table leaves it open"),
    "--quote-formulas": dict(
        action="store_true", help="put ' before names that a spreadsheet would compute, as it does what begins with ="
    ),
}
