def total(box):
    result = 0
    for thing in box:
        if isinstance(thing, list):
            result = result + total(thing)
        else:
            result = result + thing
    return result
