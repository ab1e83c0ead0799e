"""The command line. No logic."""

from .console import main as main
