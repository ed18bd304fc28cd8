"""The whole way from story to film, and the way of one segment, each as one resumable job over the workflow slices."""
