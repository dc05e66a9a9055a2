"""The Node that the page's build needs."""

import pytest

from bin.machine import page


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v18.20.4", False),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0\n", True),
        ("v24.19.0", True),
        ("v25.0.0-nightly2026", True),
        ("", False),
        ("node: not found", False),
    ],
)
def test_node_is_used_where_vite_runs_on_it(version, answer):
    assert page.suits(version) is answer
