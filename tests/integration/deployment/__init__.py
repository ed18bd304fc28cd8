"""The image and the compose file, read and carried out as far as a machine without containers can."""
