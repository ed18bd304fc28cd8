"""What the way from story to film costs beside the waiting for vendors."""
