"""Settings for all tests."""

import gc
import os

from hypothesis import settings

# The same examples in each run, so that a failure is one of the change at hand. New ones are looked for with
# `pytest --hypothesis-profile=explore`. No deadline: a slow machine is no failure.
settings.register_profile("settled", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("settled")

# Machine code is kept nowhere; a test that keeps some says where.
os.environ["MICROGRADNN_CACHE"] = os.devnull

# The processes of `-n auto` have a core each, and so BLAS has a thread in each: two would wait for one another, 500
# times as long as a product takes. It is read when NumPy is loaded, here and in the processes that tests start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_collection_finish() -> None:
    """Let no collector look through ten thousand tests for garbage, which takes it 0.3 s each time."""
    gc.freeze()
