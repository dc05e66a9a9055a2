def total(box):
    result = 0
    for thing in box:
        if isinstance(thing, list):
            return result + total(thing)
        result = result + thing
    return result
