"""A face that knows another one."""

from app.api.dialects import spa

__all__ = ["spa"]
