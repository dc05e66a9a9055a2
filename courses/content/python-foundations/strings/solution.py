first = input()
last = input()
initials = first[0].upper() + "." + last[0].upper() + "."
print(initials)
