def total(name):
    result = 0
    with open(name) as file:
        for line in file:
            result = result + line
    return result
