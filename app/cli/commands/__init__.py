"""The words of the command line: names, arguments and help; the work is loaded when a command runs."""
