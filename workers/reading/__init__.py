"""Reading a file: sandbox, formats, OCR, type and date."""
