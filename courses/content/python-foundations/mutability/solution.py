def with_total(numbers):
    return numbers + [sum(numbers)]
