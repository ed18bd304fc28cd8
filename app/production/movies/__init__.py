"""Movies: chapters with a plan and a film each, joined into one film."""
