"""Clips: takes of segments, bought, checked, kept and chosen."""
