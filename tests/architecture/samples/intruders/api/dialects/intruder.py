"""A face that has no place among the others."""
