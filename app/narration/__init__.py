"""Voices and spoken narrations."""
