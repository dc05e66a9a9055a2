def average(a, b):
    print((a + b) / 2)
