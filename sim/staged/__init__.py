"""Networks that stop when they are sure, and send no more bits than an answer needs."""
