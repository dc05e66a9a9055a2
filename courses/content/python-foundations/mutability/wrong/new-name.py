def with_total(numbers):
    result = numbers
    result.append(sum(result))
    return result
