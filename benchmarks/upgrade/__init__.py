"""Upgrades in the middle of films."""
