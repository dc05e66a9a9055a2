def up_to(number):
    if number > 1:
        up_to(number - 1)
    print(number)


up_to(3)
