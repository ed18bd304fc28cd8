"""What operators and administrators did, to whom and why."""
