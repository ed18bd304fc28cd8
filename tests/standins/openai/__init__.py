"""A stand-in for OpenAI: the documented calls, strictly, with faults on request."""
