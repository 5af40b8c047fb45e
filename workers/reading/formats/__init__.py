"""One reader a family of formats: `read(path, content, context)` fills the content."""
