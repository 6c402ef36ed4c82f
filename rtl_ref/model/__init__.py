"""The golden model of the core, the image of its memories, and the words that it takes."""
