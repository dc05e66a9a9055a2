"""How often something may happen, counted for all processes together."""

import time
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Greatest

# The clocks of two machines differ by no more, nor do two looks at one clock around a write: a row
# that seems wrong by less is right.
SKEW_S: Final = 60.0


@dataclass(frozen=True)
class Rate:
    """So many at once, and from then on one more each time so many seconds have passed."""

    burst: int
    every_s: float


class Throttle(models.Model):
    """A token bucket, by a key that tells nothing. A row that is gone is a full bucket."""

    key = models.CharField(max_length=64, primary_key=True)
    # When the bucket is full again, in seconds since 1970: each token taken is so much later.
    full_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key

    @classmethod
    def take(cls, key: str, rate: Rate) -> float:
        """Take a token; 0, or if there is none, the seconds until there is.

        One conditional UPDATE: of those who come at once, no more get one than there are.
        """
        now = time.time()
        # A clock that was set back makes nobody wait for much longer than an empty bucket does.
        cls.objects.filter(key=key, full_at__gt=now + rate.burst * rate.every_s + SKEW_S).delete()
        Throttle.objects.bulk_create([Throttle(key=key, full_at=now)], ignore_conflicts=True)
        latest = now + (rate.burst - 1) * rate.every_s
        free = cls.objects.filter(key=key, full_at__lte=latest)
        if free.update(full_at=Greatest(F("full_at"), Value(now)) + rate.every_s):
            return 0.0
        full_at = cls.objects.filter(key=key).values_list("full_at", flat=True).first() or now
        return max(0.0, full_at - latest)

    @classmethod
    def give_back(cls, key: str, rate: Rate) -> None:
        """Put back a token that was taken."""
        cls.objects.filter(key=key).update(full_at=F("full_at") - rate.every_s)

    @classmethod
    def forget_full(cls) -> None:
        """Delete the rows that say nothing any more, and not one that somebody is about to use."""
        cls.objects.filter(full_at__lt=time.time() - SKEW_S).delete()
