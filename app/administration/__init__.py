"""What operators and administrators do: accounts, queue, money that waits, storage; each act with its reason."""
