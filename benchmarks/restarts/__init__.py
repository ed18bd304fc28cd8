"""Restarts of the database under event streams and traffic."""
