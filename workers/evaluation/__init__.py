"""How well files are read: a firm's own scans against what it says stands in them."""
