"""Decisions that query."""

import sqlalchemy

__all__ = ["sqlalchemy"]
