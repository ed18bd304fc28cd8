"""helpers for takes"""  # caught

TAKES = 3
