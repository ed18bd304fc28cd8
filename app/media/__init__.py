"""Pictures, sound and film as pure building blocks over Pillow and ffmpeg."""
