from menu import PRICES


def parse_order(line):
    name, count = line.split()
    return name, count


def cost(name, count):
    return PRICES[name] * count


total = 0
line = input()
while line != "":
    name, count = parse_order(line)
    total = total + cost(name, count)
    line = input()
print(total)
