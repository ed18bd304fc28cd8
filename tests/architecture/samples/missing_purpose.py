import os  # caught

__all__ = ["os"]
