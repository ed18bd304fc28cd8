"""A module of the providers without a place."""

PLACE = "none"
