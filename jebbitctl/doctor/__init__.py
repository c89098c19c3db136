"""The checks of ``doctor``. No result contains a secret."""
