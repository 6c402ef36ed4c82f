"""What an engineer takes away: sources, memories, words with their answers, a bench, a driver."""
