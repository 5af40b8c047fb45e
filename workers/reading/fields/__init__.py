"""Fields worth having of a paper: amounts, parties, numbers, each with its source."""
