"""What cutting a film costs, beside what others pay for the same."""
