"""What slideshows cost, beside plain ffmpeg chains on the same pictures."""
