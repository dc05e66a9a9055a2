words = input().split()
longest = ""
for word in words:
    if word > longest:
        longest = word
print(longest)
