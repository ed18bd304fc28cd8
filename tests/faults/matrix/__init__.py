"""The matrix step by fault: films of a real service meet every fault at every step, and the books are read after it."""
