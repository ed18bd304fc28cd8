"""The command line's own decisions: what is shown of a job, and what is looked at before one begins."""
