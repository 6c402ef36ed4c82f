"""All studies for a reader: one figure over their rows, and a page with tables and pictures."""
