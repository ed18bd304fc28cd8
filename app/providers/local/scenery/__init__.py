"""Painted scenes: words become a place, an hour, a weather and figures, and those become a picture."""
