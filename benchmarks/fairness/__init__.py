"""What one user's burst of films does to others."""
