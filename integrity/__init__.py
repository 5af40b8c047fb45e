"""The proof machine: values in, values out; knows no matter, no web, no settings."""
