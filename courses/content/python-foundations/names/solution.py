left = input()
right = input()
kept = left
left = right
right = kept
print(left, right)
