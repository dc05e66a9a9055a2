left = input()
right = input()
left = right
kept = left
right = kept
print(left, right)
