def kilometres(days):
    total = 0
    for day in range(days):
        total += day
    return total
