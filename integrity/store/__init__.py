"""Where proofs and bytes are kept: durable files, object stores, the log in SQL."""
