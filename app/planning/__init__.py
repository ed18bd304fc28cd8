"""Plans: a story becomes a film in segments."""
