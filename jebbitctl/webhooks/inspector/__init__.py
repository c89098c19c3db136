"""A page on this machine that shows deliveries as they come."""
