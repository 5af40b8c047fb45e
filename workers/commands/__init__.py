"""The `custody` commands, one module a subject."""
