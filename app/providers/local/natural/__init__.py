"""Natural voices by onnxruntime: a child process speaks, and the service makes one sound of what it says."""
