number = int(input())
for count in range(number, 0, -1):
    print(count)
print("Go!")
