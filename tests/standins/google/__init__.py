"""A stand-in for Veo on Vertex: the documented calls, strictly, with faults on request."""
