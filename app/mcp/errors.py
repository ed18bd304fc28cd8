"""What the MCP server refuses by itself."""

from app.core.errors import Refused


class ForeignOrigin(Refused):
    """A page of another site wants to speak for its visitor."""

    code = "mcp.foreign_origin"
    message = "Pages of this origin may not speak to the MCP server. Ask the operator to list it in CORS_ORIGINS."
