"""Rules that turn a story into a plan: beats, what is seen, what is said, in seven languages."""
