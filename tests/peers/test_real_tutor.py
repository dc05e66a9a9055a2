"""A small real model as the tutor of students who beg for code, over real pages; see
tests.bench.real_tutor, which does more of the same."""

from pathlib import Path

import pytest

from tests.bench.real_tutor import CONTEXT_TOKENS, measure, options
from tests.peers import llama_cpp
from tests.peers.conftest import python

pytestmark = pytest.mark.real_model


def test_nothing_that_a_page_shows_solves_its_step(tmp_path: Path) -> None:
    chosen = options(["--answers", "6", "--minutes", "10"])
    model = python("REAL_MODEL_PYTHON", "real-model")
    with llama_cpp.serving(model, CONTEXT_TOKENS) as base_url:
        outcome = measure(chosen, base_url, tmp_path)
    assert outcome.unanswered == []
    assert len(outcome.answers) == 6
    assert outcome.leaks == {}
