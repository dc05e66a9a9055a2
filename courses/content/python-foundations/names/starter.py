left = input()
right = input()
left = right
right = left
print(left, right)
