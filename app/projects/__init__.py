"""Projects, their segments and key frames: one film is one aggregate with a single writer."""
