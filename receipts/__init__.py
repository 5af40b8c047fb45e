"""What leaves the firm: receipts, bundles and the checks anyone can repeat."""
