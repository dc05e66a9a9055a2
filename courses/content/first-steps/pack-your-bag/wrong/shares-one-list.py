EMPTY = []


def pack(item, bag=None):
    if bag is None:
        bag = EMPTY
    bag.append(item)
    return bag
