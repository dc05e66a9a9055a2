age = int(input())
if age < 6:
    price = 0
if age < 18:
    price = 5
else:
    price = 9
print(price)
