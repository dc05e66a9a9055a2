from menu import PRICES


def parse_order(line):
    name, count = line.split()
    return name, int(count)


def cost(name, count):
    return PRICES[name] * count


total = 0
line = input()
rounds = 0
while line != "" and rounds < 100:
    name, count = parse_order(line)
    total = total + cost(name, count)
    rounds = rounds + 1
print(total)
