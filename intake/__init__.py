"""What came in, from whom, into which matter: settings, tables, custody events."""
