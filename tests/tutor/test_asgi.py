"""The application, as the servers load it."""

import gc
import importlib


def test_what_is_loaded_is_not_looked_through_by_every_collection() -> None:
    importlib.import_module("tutor.asgi")
    assert gc.get_freeze_count() > 10_000
