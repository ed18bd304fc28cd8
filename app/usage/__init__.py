"""Money: holds before, charges after, caps that hold under any number of starts, and reports."""
