"""The client of Jebbit's HTTP API."""
