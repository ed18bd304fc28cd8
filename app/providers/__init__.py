"""Vendors behind ports: clips, speech, music, pictures, plans, verdicts."""
