"""Files and the keyring: profiles, secrets, cached tokens and completions."""
