"""Helpers. Apart from the errors, they import nothing else of jebbitctl."""
