"""Gates: what a population holds back of what it could send."""
