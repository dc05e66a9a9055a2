def bad_lines(name):
    count = 0
    with open(name) as file:
        for line in file:
            try:
                float(line)
            except ValueError:
                count = count + 1
    return count
