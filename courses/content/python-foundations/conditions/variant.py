weight = int(input())
if weight <= 2:
    price = 4
elif weight <= 10:
    price = 7
else:
    price = 15
