number = int(input())
for count in range(number, 0):
    print(count)
print("Go!")
