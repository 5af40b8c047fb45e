"""The one-file verifier that is shipped inside every bundle."""
