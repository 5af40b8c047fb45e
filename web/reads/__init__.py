"""What pages show: values read from the database, without Flask."""
