number = int(input())
for count in range(number):
    print(count)
print("Go!")
