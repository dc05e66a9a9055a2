def total(name):
    result = 0
    with open(name) as file:
        for line in file:
            try:
                result = result + float(line)
            except ValueError:
                pass
    return result
