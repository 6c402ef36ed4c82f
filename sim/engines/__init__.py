"""Who runs it: three engines that give the same integers."""
