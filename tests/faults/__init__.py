"""Faults on purpose: killed, frozen and replaced processes on real databases, beside a vendor that lies."""
