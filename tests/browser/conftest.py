"""Each test runs in each browser."""

from collections.abc import Iterator

import pytest
from browsers import NAMES, Browser, start


@pytest.fixture(scope="session", params=NAMES)
def browser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    found = start(request.param, tmp_path_factory.mktemp(request.param))
    try:
        found.set_script_timeout(20)
        yield found
    finally:
        found.quit()
