"""Receives deliveries: the server, and what is done with each delivery."""
