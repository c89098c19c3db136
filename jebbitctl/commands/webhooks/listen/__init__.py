"""``webhooks listen``: the command, its options, and how it prints what happens."""
