def spent(purchases):
    totals = {}
    for thing, price in purchases:
        totals[thing] = totals.get(thing, 0) + price
    return totals
