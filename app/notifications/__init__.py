"""Live events and signed webhooks about jobs."""
