"""What an idle service costs, and what films leave behind."""
