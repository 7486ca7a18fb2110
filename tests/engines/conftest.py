"""What the tests of all engines share."""

import pytest

from indicsubs_contract.loaded_models import LOADED_MODELS


@pytest.fixture(autouse=True)
def no_model_of_an_earlier_test() -> None:
    """A test may write other files into a folder whose model an earlier one has loaded."""
    LOADED_MODELS._loaded.clear()
