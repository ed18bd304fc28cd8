"""Key frames: made, extracted, chosen and approved."""
