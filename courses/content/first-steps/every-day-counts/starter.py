def kilometres(days):
    total = 0
    for day in range(1, days):
        total = total + day
    return total
