"""The site of the tests that cut, kill and hold back; its processes may be killed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chaos.site import Site, Student, site
from tests.browser.tabs import PATIENCE_MS


@pytest.fixture(scope="package")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    expect.set_options(timeout=PATIENCE_MS)
    with site(tmp_path_factory.mktemp("chaos")) as running:
        yield running


@pytest.fixture
def student(chaos: Site, browser: Browser) -> Iterator[Student]:
    """A student of the first lesson."""
    with chaos.student(browser) as somebody:
        yield somebody
