def kilometres(days):
    total = 0
    for day in range(1, days + 1):
        total = total + day
    return total
