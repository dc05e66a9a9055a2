def with_total(numbers):
    numbers.append(sum(numbers))
    return numbers
