"""What lists cost as they grow."""
