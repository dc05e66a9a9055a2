eggs = int(input())
boxes = round(eggs / 6)
left = eggs - boxes * 6
print(boxes)
print(left)
