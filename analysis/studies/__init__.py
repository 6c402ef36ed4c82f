"""Published studies, a folder each: the rows of their tables, run again, ours beside theirs."""
