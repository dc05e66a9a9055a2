"""Percentiles in the database: PostgreSQL's own, and a function of ours where SQLite is."""

import math
from typing import TYPE_CHECKING, Any

from django.db.backends.signals import connection_created
from django.db.models import Aggregate, FloatField, IntegerField, Value
from django.dispatch import receiver

if TYPE_CHECKING:
    import sqlite3

FUNCTION = "tutor_percentile"


class Percentile(Aggregate):
    """The value below or at which the `fraction` of all values lies, nulls apart; null of none."""

    output_field = IntegerField()

    def __init__(self, expression: str, fraction: float, **extra: Any) -> None:
        super().__init__(expression, Value(fraction, FloatField()), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """As a function that every connection is given."""
        return self.as_sql(compiler, connection, function=FUNCTION, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """As an ordered set; the fraction is a constant of ours."""
        column, fraction = self.get_source_expressions()[:2]
        sql, params = compiler.compile(column)
        within = f"PERCENTILE_DISC({float(fraction.value)}) WITHIN GROUP (ORDER BY {sql})"
        return within, params


class _Values:
    """The values of one group, for SQLite."""

    def __init__(self) -> None:
        self._values: list[int] = []
        self._fraction = 0.0

    def step(self, value: int | None, fraction: float) -> None:
        """Take a value in."""
        if value is not None:
            self._values.append(value)
            self._fraction = fraction

    def finalize(self) -> int | None:
        """The percentile, as PERCENTILE_DISC has it."""
        if not self._values:
            return None
        self._values.sort()
        return self._values[max(0, math.ceil(self._fraction * len(self._values)) - 1)]


@receiver(connection_created)
def add_function(connection: Any, **kwargs: Any) -> None:
    """Give a connection to SQLite the function."""
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_aggregate(FUNCTION, 2, _Values)  # type: ignore[arg-type]  # its stubs know no None
