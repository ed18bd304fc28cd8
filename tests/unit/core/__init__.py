"""Pure rules of the foundation."""
