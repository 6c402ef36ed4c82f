"""Pictures: one function per picture, which takes data and axes and sets no global style."""
