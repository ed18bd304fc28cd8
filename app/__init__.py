"""AI Video Creator: from a story to a narrated film."""
