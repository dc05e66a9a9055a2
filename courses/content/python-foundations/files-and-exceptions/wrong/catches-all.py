def total(name):
    result = 0
    try:
        with open(name) as file:
            for line in file:
                try:
                    result = result + float(line)
                except ValueError:
                    pass
    except Exception:
        pass
    return result
