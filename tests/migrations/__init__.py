"""Migrations go up, down and up again on both databases."""
