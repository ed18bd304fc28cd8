"""A stand-in of an S3-compatible object store: one bucket in memory, and what shall go wrong."""
