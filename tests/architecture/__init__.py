"""What the house forbids, as functions, each shown to catch a bad sample."""
