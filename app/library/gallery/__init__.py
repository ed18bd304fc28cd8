"""Finished films of a user: listed, named, shown small, shared and taken away."""
