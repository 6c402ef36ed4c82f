"""A network as a folder of C that builds for a microcontroller without Python."""
