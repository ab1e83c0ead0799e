"""Settings for all property tests."""

from hypothesis import settings

# The same examples in each run, so that a failure is one of the change at hand. New ones are looked for with
# `pytest --hypothesis-profile=explore`. No deadline: a slow machine is no failure.
settings.register_profile("settled", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("settled")
