"""Shows: pictures under a voice, made stage by stage; what the wizard and the slideshow studio stand on."""
