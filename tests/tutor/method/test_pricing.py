"""What a response costs, and the setting that says what tokens cost."""

from decimal import Decimal

import pytest

from tutor.method.pricing import Prices, cost, parse_prices, price_list, prices_of
from tutor.protocol.events import Usage

PRICES = Prices(Decimal("1.25"), Decimal("0.125"), Decimal(10))


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        (Usage(1_000_000, 0, 0), "1.25"),
        (Usage(1_000_000, 1_000_000, 0), "0.125"),
        (Usage(0, 0, 1_000_000), "10"),
        # What was cached is among the input, and reasoning among the output: neither is paid twice.
        (Usage(1_000, 600, 50, 40), "0.001075"),
        (Usage(1, 1, 0), "0.000000125"),
        # A server that counts wrongly pays nobody back.
        (Usage(10, 1_000_000, 0), "0.00000125"),
        (Usage(2**31 - 1, 0, 2**31 - 1), "24159.19102875"),
    ],
)
def test_a_response_costs_what_its_tokens_cost(usage: Usage, amount: str) -> None:
    assert cost(usage, PRICES) == Decimal(amount)


def test_what_was_not_counted_or_has_no_price_is_not_said_to_be_free() -> None:
    assert cost(Usage(), PRICES) is None
    assert cost(Usage(1_000, 0, 50), None) is None
    assert cost(Usage(1_000, 0, 50), Prices(Decimal(0), Decimal(0), Decimal(0))) == 0


def test_prices_are_those_of_the_tier_then_of_the_model_then_of_every_model() -> None:
    prices = parse_prices("llama3:8b=0/0/0, gpt-6-astra=2/0.2/8,gpt-6-astra  flex=1/0.1/4, 9/9/9")
    assert prices_of(prices, "gpt-6-astra", "flex") == Prices(*map(Decimal, ("1", "0.1", "4")))
    assert prices_of(prices, "gpt-6-astra", "default") == Prices(*map(Decimal, ("2", "0.2", "8")))
    assert prices_of(prices, "openai/gpt-6") == Prices(*map(Decimal, ("9", "9", "9")))
    assert prices_of(prices, "llama3:8b") == Prices(*map(Decimal, ("0", "0", "0")))
    assert prices_of(parse_prices("a=1/1/1"), "b") is None
    assert parse_prices("") == parse_prices(" , ") == {}


@pytest.mark.parametrize(
    "text",
    ["1.25", "1/2", "1/2/3/4", "a=1/-2/3", "a=1/nan/3", "a=1e9/1/1", "1,25/0,1/10",
     "a=1/2/3;b=1/2/3", "a=1/2/3, a=4/5/6", "1/2/3, 1/2/3", "a=٣/1/1"],
)  # fmt: skip
def test_a_setting_that_says_no_prices_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no price|two prices"):
        parse_prices(text)
    assert price_list(text) == {}
