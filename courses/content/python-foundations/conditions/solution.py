age = int(input())
if age < 6:
    price = 0
elif age < 18:
    price = 5
elif age < 65:
    price = 9
else:
    price = 6
print(price)
