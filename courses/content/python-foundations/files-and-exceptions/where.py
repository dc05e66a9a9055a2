try:
    print("a")
    number = int("three")
    print("b")
except ValueError:
    print("c")
print("d")
