"""What takes time or touches hostile bytes, and the firm's command line."""
