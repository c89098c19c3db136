"""What Typer does not do with a command line: values, options, hints, and the description of all commands."""
