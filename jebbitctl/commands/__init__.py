"""The commands: a module for a noun with few verbs, a package for one with many.

To add a verb, write a function with ``@command`` (see ``base``) and list it in the noun's ``group(...)``.
To add a noun, list it in ``cli.COMMANDS``, too.
"""
