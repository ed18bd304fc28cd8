"""Single pictures and pieces of music, made from a prompt outside of any film."""
