"""Documents are true: generated parts agree, blocks run, places exist."""
