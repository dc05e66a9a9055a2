def pack(item, bag=[]):
    bag.clear()
    bag.append(item)
    return bag
