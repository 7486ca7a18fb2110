"""Hypothesis takes the same examples in every run, so that a failure is one everywhere.

``HYPOTHESIS_PROFILE=search just test-light`` looks for new ones, many more.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
