"""A module of the engine without a place."""

PLACE = "none"
