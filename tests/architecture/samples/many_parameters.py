"""A function that asks for everything."""


def modest(self, one, two, three, four, five, six):
    return self


def greedy(one, two, three, four, *, five, six, seven):  # caught
    return one
