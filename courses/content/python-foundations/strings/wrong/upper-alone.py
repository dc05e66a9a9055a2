first = input()
last = input()
first.upper()
last.upper()
initials = first[0] + "." + last[0] + "."
print(initials)
