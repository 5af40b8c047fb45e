"""One adapter per outside program, each with its probe."""
