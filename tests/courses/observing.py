"""What the sandbox says of a case, written by hand: for tests that need no sandbox."""

from typing import Any

from hypothesis import strategies as st

SCALARS = (bool, int, float, complex, str, bytes, type(None))


# Python values that a case can expect: what a literal can write.
LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=3)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.sets(st.integers(), max_size=3),
    max_leaves=8,
)  # fmt: skip


def value_of(value: object) -> dict[str, Any]:
    """`value` as the sandbox describes it."""
    kind = type(value).__name__
    match value:
        case list() | tuple() | set() | frozenset():
            return {"type": kind, "items": [value_of(item) for item in value]}
        case dict():
            return {"type": kind, "entries": [[value_of(k), value_of(v)] for k, v in value.items()]}
        case _ if type(value) in SCALARS:
            return {"type": kind, "repr": repr(value)}
        case _:
            return {"type": f"{type(value).__module__}.{kind}", "repr": repr(value)}


def gave(value: object, *, stdout: str = "") -> dict[str, Any]:
    """A call that came back with `value`."""
    return observation("value", value=value_of(value), stdout=stdout)


def raised(kind: str, message: str = "", *, stdout: str = "") -> dict[str, Any]:
    """A call that an exception left."""
    return observation("raised", exception={"type": kind, "message": message}, stdout=stdout)


def observation(ended: str, **facts: Any) -> dict[str, Any]:
    """An observation with all its keys."""
    return {
        "ended": ended, "value": None, "exception": None, "exit_code": None,
        "stdout": "", "stderr": "", "duration_ms": 3, **facts,
    }  # fmt: skip
