"""Stand-ins for time and the engine; they fail on unexpected and on unused calls."""
