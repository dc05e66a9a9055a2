"""Fingerprints, and steps that are not done again."""

from bin.machine import page, stamps


def test_a_fingerprint_changes_with_content_name_and_words(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    second.write_text("1")
    prints = {
        stamps.fingerprint([first]),
        stamps.fingerprint([second]),
        stamps.fingerprint([first, second]),
        stamps.fingerprint([first], "word"),
    }
    first.write_text("2")
    assert len(prints | {stamps.fingerprint([first])}) == 5


def test_files_leave_out_what_was_made(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "page.ts").touch()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").touch()
    found = stamps.files(tmp_path, without=page.MADE)
    assert [path.name for path in found] == ["page.ts"]


def test_an_interrupted_step_counts_as_not_done():
    stamps.done("page", "abc")
    assert stamps.is_done("page", "abc")
    assert not stamps.is_done("page", "other")
    stamps.begin("page")
    assert not stamps.is_done("page", "abc")
