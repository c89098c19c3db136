"""TAB completion: scripts for the shells, and the values that it offers."""
