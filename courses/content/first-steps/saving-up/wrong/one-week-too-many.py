def weeks_to_save(price, weekly):
    saved = 0
    weeks = 0
    while saved <= price:
        saved = saved + weekly
        weeks = weeks + 1
    return weeks
