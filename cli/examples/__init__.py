"""Sample files, and the verb that writes them into a folder."""
