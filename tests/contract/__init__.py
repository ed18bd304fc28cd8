"""Promises of ports and of the wire, each checked against every implementation."""
