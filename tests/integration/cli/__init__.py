"""The command line as a person meets it, in a process of its own."""
