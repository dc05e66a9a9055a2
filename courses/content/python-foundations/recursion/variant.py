def count(things):
    result = 0
    for thing in things:
        if isinstance(thing, list):
            result = result + count(thing)
        else:
            result = result + 1
    return result
