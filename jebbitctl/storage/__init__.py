"""What is kept on this machine: profiles, secrets, tokens."""
