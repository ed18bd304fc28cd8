"""Where files lie: one port, a local folder and object stores behind it, and signed links to them."""
