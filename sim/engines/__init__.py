"""Who runs it: four engines that give the same integers."""
