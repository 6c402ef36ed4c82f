"""What verbs print with ``--json``, and its schema."""
