"""Films and media tools for agents that speak the Model Context Protocol: translators over the same services."""
