"""Natural voices: which there are, what each consists of, and which are installed on this machine."""
