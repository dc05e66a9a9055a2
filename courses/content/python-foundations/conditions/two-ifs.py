age = 12
if age > 5:
    print("over five")
if age > 10:
    print("over ten")
