"""From accepted takes to a finished film."""
