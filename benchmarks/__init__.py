"""Measurements that print ratios of one run; none of them runs in everyday tests."""
