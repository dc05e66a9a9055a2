age = int(input())
if age >= 18:
    price = 9
elif age >= 65:
    price = 6
elif age >= 6:
    price = 5
else:
    price = 0
print(price)
