"""A whole project as one file: written as a stream, and read back with suspicion."""
