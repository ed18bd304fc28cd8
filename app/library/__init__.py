"""Files of users: what may come in, what is kept of it, and the links that serve it."""
