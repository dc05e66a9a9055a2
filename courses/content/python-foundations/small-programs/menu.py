PRICES = {"tea": 3, "bun": 2}
