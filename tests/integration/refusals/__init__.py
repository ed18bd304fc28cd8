"""Refusals as a client meets them."""
