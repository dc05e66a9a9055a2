def total(name):
    result = 0
    with open(name) as file:
        try:
            for line in file:
                result = result + float(line)
        except ValueError:
            pass
    return result
