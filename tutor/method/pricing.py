"""What a response cost in money, by the prices that a site has set. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from tutor.protocol.events import Usage

PER_TOKENS: Final = 1_000_000
# What a column for an amount keeps: a single cached token of a cheap model is about 1e-8.
AMOUNT_STEP: Final = Decimal("1e-9")

_PRICE: Final = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_NO_NAME: Final = re.compile("[=;]")


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost: of input, of input that was cached, of output."""

    input: Decimal
    cached: Decimal
    output: Decimal


# By "model", or "model tier"; "" are those of every model that is not named.
PriceList = Mapping[str, Prices]


def parse_prices(text: str) -> dict[str, Prices]:
    """The prices in a setting such as `gpt-6-astra=1.25/0.125/10, gpt-6-astra flex=0.6/0.06/5`.

    Prices without a name hold for every other model. Raises ValueError, with what is wrong.
    """
    found: dict[str, Prices] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        name, _, prices = part.rpartition("=")
        name = " ".join(name.split())
        numbers = [number.strip() for number in prices.split("/")]
        is_price = len(numbers) == 3 and all(map(_PRICE.fullmatch, numbers))
        if not is_price or _NO_NAME.search(name):
            raise ValueError(
                f"{part.strip()!r} is no price: it looks like gpt-6-astra=1.25/0.125/10, what a "
                "million tokens cost of input, cached input and output."
            )
        if name in found:
            raise ValueError(f"There are two prices for {name or 'every model'!r}.")
        found[name] = Prices(*map(Decimal, numbers))
    return found


@lru_cache(maxsize=4)
def price_list(text: str) -> PriceList:
    """The prices in the setting; none at all if it is wrong, which a system check reports."""
    try:
        return parse_prices(text)
    except ValueError:
        return {}


def prices_of(prices: PriceList, model: str, tier: str = "") -> Prices | None:
    """The prices of a model in a tier; None if they are not known."""
    return prices.get(f"{model} {tier}") or prices.get(model) or prices.get("")


def cost(usage: Usage, prices: Prices | None) -> Decimal | None:
    """The price of a response; None without prices, or where its tokens were not counted.

    Reasoning is output. Of a warm-up, the input is paid.
    """
    if prices is None or not (usage.input or usage.output):
        return None
    cached = min(usage.cached, usage.input)
    total = (
        (usage.input - cached) * prices.input
        + cached * prices.cached
        + usage.output * prices.output
    )
    return (total / PER_TOKENS).quantize(AMOUNT_STEP)
