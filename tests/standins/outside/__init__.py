"""Stand-ins for the four services that take over stages of the slideshow studio."""
